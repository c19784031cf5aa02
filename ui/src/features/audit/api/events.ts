import { infiniteQueryOptions, keepPreviousData } from '@tanstack/react-query'
import type { AuditPage } from '@/api/contract'
import { getJson, withQuery } from '@/lib/http'

export interface EventFilter {
  /** Of one run, both; or neither. */
  dag_id: string | null
  run_id: string | null
  /** Parts of them. */
  event: string
  dag: string
  owner: string
}

const PAGE_ROWS = 100

/** Newest first. */
export const eventsQuery = (filter: EventFilter) =>
  infiniteQueryOptions({
    queryKey: ['events', filter],
    queryFn: ({ signal, pageParam }) =>
      getJson<AuditPage>(withQuery('/ui/audit-log', { ...filter, limit: PAGE_ROWS, cursor: pageParam }), signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
  })
