import { infiniteQueryOptions, keepPreviousData } from '@tanstack/react-query'
import { getJson, withQuery } from '@/lib/http'

/** An entry of the audit log in Airflow's shape. */
export interface EventLog {
  event_log_id: number
  when: string
  dag_id: string | null
  task_id: string | null
  run_id: string | null
  map_index: number | null
  try_number: number | null
  event: string
  logical_date: string | null
  owner: string | null
  extra: string | null
}

interface EventPage {
  event_logs: EventLog[]
  total_entries: number
}

export interface EventFilter {
  dag_id: string | null
  run_id: string | null
  /** Parts of them. */
  event: string
  dag: string
  owner: string
}

const PAGE_ROWS = 100

/** A part of a text as the server's pattern. */
const part = (text: string) => (text === '' ? null : text)

/** Newest first. */
export const eventsQuery = ({ dag_id, run_id, event, dag, owner }: EventFilter) =>
  infiniteQueryOptions({
    queryKey: ['events', { dag_id, run_id, event, dag, owner }],
    queryFn: ({ signal, pageParam }) =>
      getJson<EventPage>(
        withQuery('/api/v2/eventLogs', {
          dag_id,
          run_id,
          event_pattern: part(event),
          dag_id_pattern: part(dag),
          owner_pattern: part(owner),
          order_by: '-when',
          limit: PAGE_ROWS,
          offset: pageParam,
        }),
        signal,
      ),
    initialPageParam: 0,
    getNextPageParam: (page, _, offset) =>
      page.event_logs.length > 0 && offset + page.event_logs.length < page.total_entries
        ? offset + page.event_logs.length
        : null,
    placeholderData: keepPreviousData,
  })
