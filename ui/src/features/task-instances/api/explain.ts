import { queryOptions } from '@tanstack/react-query'
import type { Explanation } from '@/api/contract'
import { getJson, path } from '@/lib/http'

/** What other runs do changes the answer, too, and no change of this run says so. */
const AGAIN_MS = 5_000

/** What a task instance waits for, in the order in which it has to clear. */
export const explainQuery = (dagId: string, runId: string, taskId: string, mapIndex: number) =>
  queryOptions({
    queryKey: ['run', dagId, runId, 'explain', taskId, mapIndex],
    queryFn: ({ signal }) => getJson<Explanation>(path`/ui/explain/${dagId}/${runId}/${taskId}/${mapIndex}`, signal),
    refetchInterval: AGAIN_MS,
  })
