import type { ActTarget, RunRef, TaskPart } from '@/lib/acts'
import type { Request } from '@/lib/bulk'
import { path } from '@/lib/http'
import { runUrl as urlOf, taskUrl } from '@/lib/notes'

/** What can be chosen about an act. */
export interface Scope {
  downstream: boolean
  upstream: boolean
  past: boolean
  future: boolean
}
export type Which = 'all' | 'failed' | 'new'
export interface ClearOptions extends Scope {
  which: Which
  latest: boolean
  note: string
}
export type TaskMark = 'success' | 'failed' | 'skipped'
export type RunMark = 'success' | 'failed' | 'queued'

const runUrl = ({ dagId, runId }: { dagId: string; runId: string }) => urlOf(dagId, runId)

/** Always said: without it the server would take the DAG's own setting, which the popover does not show. */
const latestOf = ({ latest }: ClearOptions) => ({ run_on_latest_version: latest })

/** `note` is left out of what only asks, so that typing it asks nothing again. */
const noteOf = ({ note }: ClearOptions, dryRun: boolean) => (dryRun || note.trim() === '' ? {} : { note: note.trim() })

export function clearRequests(target: ActTarget, options: ClearOptions, dryRun: boolean): Request[] {
  return target.kind === 'tasks'
    ? target.parts.map((part) => clearTasks(part, options, dryRun))
    : target.runs.map((run) => clearRun(run, options, dryRun))
}

function clearTasks(part: TaskPart, options: ClearOptions, dryRun: boolean): Request {
  return {
    method: 'POST',
    url: path`/api/v2/dags/${part.dagId}/clearTaskInstances`,
    name: part.runId,
    body: {
      dry_run: dryRun,
      dag_run_id: part.runId,
      task_ids: part.tasks.map(({ taskId, mapIndex }) => (mapIndex === null ? taskId : [taskId, mapIndex])),
      only_failed: options.which === 'failed',
      include_downstream: options.downstream,
      include_upstream: options.upstream,
      include_past: options.past,
      include_future: options.future,
      reset_dag_runs: true,
      ...latestOf(options),
      ...noteOf(options, dryRun),
    },
  }
}

function clearRun(run: RunRef, options: ClearOptions, dryRun: boolean): Request {
  return {
    method: 'POST',
    url: `${runUrl(run)}/clear`,
    name: run.runId,
    body: {
      dry_run: dryRun,
      only_failed: options.which === 'failed',
      only_new: options.which === 'new',
      ...latestOf(options),
      ...noteOf(options, dryRun),
    },
  }
}

/** One request per task, as the server marks one at a time. */
export function markRequests(parts: TaskPart[], state: TaskMark, scope: Scope, dryRun: boolean): Request[] {
  return parts.flatMap((part) =>
    part.tasks.map(({ taskId, mapIndex }): Request => {
      const one = taskUrl(part.dagId, part.runId, taskId, mapIndex ?? -1)
      return {
        method: 'PATCH',
        url: dryRun ? `${one}/dry_run` : one,
        name: mapIndex === null ? taskId : `${taskId} [${String(mapIndex)}]`,
        body: {
          new_state: state,
          include_downstream: scope.downstream,
          include_upstream: scope.upstream,
          include_past: scope.past,
          include_future: scope.future,
        },
      }
    }),
  )
}

export function markRunRequests(runs: RunRef[], state: RunMark): Request[] {
  return runs.map((run) => ({ method: 'PATCH', url: runUrl(run), name: run.runId, body: { state } }))
}

export function deleteRunRequests(runs: RunRef[]): Request[] {
  return runs.map((run) => ({ method: 'DELETE', url: runUrl(run), name: run.runId }))
}

export const deleteDagRequest = (dagId: string): Request => ({
  method: 'DELETE',
  url: path`/api/v2/dags/${dagId}`,
  name: dagId,
})
