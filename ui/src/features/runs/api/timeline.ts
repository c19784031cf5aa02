import { queryOptions } from '@tanstack/react-query'
import type { RunPage, Timeline } from '@/api/contract'
import { getJson, path, withQuery } from '@/lib/http'

/** A run and where its time went. */
export const timelineQuery = (dagId: string, runId: string) =>
  queryOptions({
    queryKey: ['run', dagId, runId, 'timeline'],
    queryFn: ({ signal }) => getJson<Timeline>(path`/ui/runs/${dagId}/${runId}/timeline`, signal),
  })

const NEIGHBOURS_AMONG = 100

/** The newest runs of a DAG, to find what comes before and after one of them. */
export const newestRunsQuery = (dagId: string) =>
  queryOptions({
    queryKey: ['runs', 'newest', dagId],
    queryFn: ({ signal }) =>
      getJson<RunPage>(withQuery('/ui/runs', { dag_id: dagId, limit: NEIGHBOURS_AMONG }), signal),
  })
