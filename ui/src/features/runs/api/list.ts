import { infiniteQueryOptions, keepPreviousData } from '@tanstack/react-query'
import type { RunPage, RunState, RunType } from '@/api/contract'
import { getJson, withQuery } from '@/lib/http'

const PAGE_ROWS = 100

export interface RunFilter {
  dag_id: string | null
  state: RunState | null
  run_type: RunType | null
}

/** Runs, newest first; of one DAG or of all. */
export const runListQuery = (filter: RunFilter) =>
  infiniteQueryOptions({
    queryKey: ['runs', filter],
    queryFn: ({ signal, pageParam }) =>
      getJson<RunPage>(withQuery('/ui/runs', { ...filter, limit: PAGE_ROWS, cursor: pageParam }), signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
  })
