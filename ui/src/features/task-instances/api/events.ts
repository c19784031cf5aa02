import { infiniteQueryOptions } from '@tanstack/react-query'
import type { TaskEvents, TaskInstanceDetail } from '@/api/contract'
import { getJson, path, withQuery } from '@/lib/http'

/** What the audit log tells of a task instance, newest first. */
export const taskEventsQuery = ({ dag_id, run_id, task_id, map_index }: TaskInstanceDetail) =>
  infiniteQueryOptions({
    queryKey: ['run', dag_id, run_id, 'task-events', task_id, map_index],
    queryFn: ({ signal, pageParam }) =>
      getJson<TaskEvents>(
        withQuery(path`/ui/task-instances/${dag_id}/${run_id}/${task_id}/events`, {
          map_index: map_index < 0 ? null : map_index,
          before: pageParam,
        }),
        signal,
      ),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.older,
    // An acknowledgement is logged as the run's and announced as its DAG's.
    meta: { touchedBy: (change) => change.dags.includes(dag_id) },
  })
