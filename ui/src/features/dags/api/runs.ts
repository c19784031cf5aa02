import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import type { RunPage } from '@/api/contract'
import { getJson, withQuery } from '@/lib/http'

/** The newest runs of a DAG, newest first. */
export const recentRunsQuery = (dagId: string, limit: number) =>
  queryOptions({
    queryKey: ['runs', 'recent', dagId, limit],
    queryFn: ({ signal }) => getJson<RunPage>(withQuery('/ui/runs', { dag_id: dagId, limit }), signal),
    placeholderData: keepPreviousData,
  })
