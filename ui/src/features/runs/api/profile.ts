import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import type { Profile, RunFacts } from '@/api/contract'
import { getJson, path } from '@/lib/http'

const AGAIN_MS = 2_000

/**
 * What the mapped tasks of a run did. No change of the run makes it old at once, because it counts every instance: it
 * is asked for again some time after the time line of `version` was read, and when the run has ended.
 */
export const profileQuery = ({ dag_id, run_id, state, end }: RunFacts, version: number) =>
  queryOptions({
    queryKey: ['profile', dag_id, run_id, state, end],
    queryFn: ({ signal }) => getJson<Profile>(path`/ui/runs/${dag_id}/${run_id}/profile`, signal),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state: { data } }) => (data !== undefined && data.version < version ? AGAIN_MS : false),
  })
