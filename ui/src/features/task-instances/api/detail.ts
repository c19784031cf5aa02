import { queryOptions } from '@tanstack/react-query'
import type { TaskInstanceDetail } from '@/api/contract'
import { getJson, path, withQuery } from '@/lib/http'

/** A task of a run; without a map index the task itself, for a mapped one its summary. */
export const taskInstanceQuery = (dagId: string, runId: string, taskId: string, mapIndex = -1) =>
  queryOptions({
    queryKey: ['run', dagId, runId, 'task', taskId, mapIndex],
    queryFn: ({ signal }) =>
      getJson<TaskInstanceDetail>(
        withQuery(path`/ui/task-instances/${dagId}/${runId}/${taskId}`, { map_index: mapIndex < 0 ? null : mapIndex }),
        signal,
      ),
  })
