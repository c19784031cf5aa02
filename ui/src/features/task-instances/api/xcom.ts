import { queryOptions } from '@tanstack/react-query'
import type { TaskInstanceDetail } from '@/api/contract'
import { getJson, path, withQuery } from '@/lib/http'

/** The whole value of an XCom, of which the detail shows the beginning. */
export const xcomQuery = ({ dag_id, run_id, task_id, map_index }: TaskInstanceDetail, key: string) =>
  queryOptions({
    queryKey: ['run', dag_id, run_id, 'xcom', task_id, map_index, key],
    queryFn: ({ signal }) =>
      getJson<{ value: unknown }>(
        withQuery(path`/api/v2/dags/${dag_id}/dagRuns/${run_id}/taskInstances/${task_id}/xcomEntries/${key}`, {
          map_index: map_index < 0 ? null : map_index,
        }),
        signal,
      ),
  })
