import { queryOptions } from '@tanstack/react-query'
import type { Change, Explanation } from '@/api/contract'
import { getJson, path } from '@/lib/http'

/** Who else comes into a pool changes the answer, too, and no change that names this run or a holder says so. */
const AGAIN_MS = 5_000

/** What a task instance waits for, in the order in which it has to clear. */
export const explainQuery = (dagId: string, runId: string, taskId: string, mapIndex: number) =>
  queryOptions({
    queryKey: ['run', dagId, runId, 'explain', taskId, mapIndex],
    queryFn: ({ signal }) => getJson<Explanation>(path`/ui/explain/${dagId}/${runId}/${taskId}/${mapIndex}`, signal),
    refetchInterval: AGAIN_MS,
    meta: { touchedBy: (change, data) => touches(change, dagId, data as Explanation | undefined) },
  })

/** Whether the DAG, a pool or somebody who holds something changed. */
export function touches(change: Change, dagId: string, data: Explanation | undefined): boolean {
  if (change.pools || change.dags.includes(dagId)) return true
  const holds = (run: { dag_id: string; run_id: string }) =>
    data?.blockers.some(({ holders }) =>
      holders.some((one) => one.type !== 'upstream' && one.dag_id === run.dag_id && one.run_id === run.run_id),
    )
  return [...change.runs, ...change.task_runs].some(holds)
}
