import type { GridRun, RunState, TaskState } from '@/api/contract'
import { changeInstance, changeRun, instancesIn, log, noteOf, runNote, setNote, type Instance } from './changes'
import { edgesOf, historyOf, rowOf, runOf, treeOf } from './history'
import { PAYMENTS, PAYMENTS_INSTANCES, paymentState } from './payments'
import { Refusal, type Peek, type Route } from './refusal'

interface Found extends Instance {
  runId: string
}
interface Scope {
  include_upstream?: boolean
  include_downstream?: boolean
  include_past?: boolean
  include_future?: boolean
}
interface ClearBody extends Scope {
  dry_run?: boolean
  dag_run_id?: string
  task_ids?: (string | [string, number])[]
  only_failed?: boolean
  only_new?: boolean
  note?: string
}
interface MarkBody extends Scope {
  new_state?: TaskState
  note?: string | null
}

const ACTIVE: TaskState[] = ['running', 'restarting', 'deferred', 'up_for_reschedule', 'awaiting_input']
const PENDING: TaskState[] = ['none', 'scheduled', 'queued', 'up_for_retry']
const FAILED: TaskState[] = ['failed', 'upstream_failed']
const TASK_URL = '^/api/v2/dags/([^/]+)/dagRuns/([^/]+)/taskInstances/([^/]+)'

/** Acts in Airflow's shapes; what they do stays. */
export function actRoutes(peek: Peek, removeDag: (dagId: string) => void): Route[] {
  const at = () => peek().now
  const note = (event: string, dagId: string, runId: string | null, body: unknown, taskId: string | null = null) =>
    log(at(), event, { dag_id: dagId, run_id: runId, task_id: taskId, detail: JSON.stringify(body ?? {}) })

  const clear = (dagId: string, found: Found[], text: string | undefined) => {
    for (const one of found) {
      changeInstance(dagId, one.runId, { ...one, state: one.state === 'running' ? 'restarting' : 'none' })
      if (text !== undefined) setNote(dagId, one.runId, one.taskId, one.mapIndex, text)
    }
    for (const runId of new Set(found.map((one) => one.runId)))
      changeRun(dagId, runId, { state: 'queued', start: null, end: null })
  }
  const mark = (dagId: string, runId: string, taskId: string, index: number | null, body: MarkBody, dry: boolean) => {
    if (body.new_state === undefined) {
      const own = namedIn(peek, dagId, runId, [index === null ? taskId : [taskId, index]])
      for (const one of own) if (!dry) setNote(dagId, runId, one.taskId, one.mapIndex, body.note ?? null)
      return answerOf(dagId, own)
    }
    const state = body.new_state
    const found = selected(peek, dagId, runId, [index === null ? taskId : [taskId, index]], body).filter(
      (one) => one.state !== state,
    )
    if (dry) return answerOf(dagId, found)
    if (found.length === 0) throw new Refusal(409, `Task id ${taskId} is already in ${state} state`)
    for (const one of found) changeInstance(dagId, one.runId, { ...one, state })
    note('patch_task_instance', dagId, runId, body, taskId)
    return answerOf(dagId, found)
  }

  return [
    [
      'POST',
      /^\/api\/v2\/dags\/([^/]+)\/clearTaskInstances$/,
      ([dagId = ''], _, raw) => {
        const body = raw as ClearBody
        const runId = body.dag_run_id ?? ''
        const found = selected(peek, dagId, runId, body.task_ids ?? [], body).filter(
          (one) => body.only_failed !== true || FAILED.includes(one.state),
        )
        if (body.dry_run === false) {
          clear(dagId, found, body.note)
          note('post_clear_task_instances', dagId, runId, body)
        }
        return answerOf(dagId, found)
      },
    ],
    [
      'POST',
      /^\/api\/v2\/dags\/([^/]+)\/dagRuns\/([^/]+)\/clear$/,
      ([dagId = '', runId = ''], _, raw) => {
        const body = raw as ClearBody
        const found = allOf(dagId, runOf(peek, dagId, runId)).filter(
          (one) => body.only_new !== true && (body.only_failed !== true || FAILED.includes(one.state)),
        )
        if (body.dry_run !== false) return answerOf(dagId, found)
        clear(dagId, found, undefined)
        if (body.note !== undefined) changeRun(dagId, runId, { note: body.note })
        note('clear_dag_run', dagId, runId, body)
        return { dag_id: dagId, dag_run_id: runId, state: 'queued' }
      },
    ],
    [
      'PATCH',
      /^\/api\/v2\/dags\/([^/]+)\/dagRuns\/([^/]+)$/,
      ([dagId = '', runId = ''], _, raw) => {
        const body = raw as { state?: RunState; note?: string | null }
        const run = runOf(peek, dagId, runId)
        if (body.note !== undefined) changeRun(dagId, runId, { note: body.note === '' ? null : body.note })
        if (body.state === 'queued') changeRun(dagId, runId, { state: 'queued', start: null, end: null })
        else if (body.state !== undefined) {
          const state = body.state === 'success' ? 'success' : 'failed'
          for (const one of allOf(dagId, run)) {
            if (ACTIVE.includes(one.state)) changeInstance(dagId, runId, { ...one, state })
            else if (PENDING.includes(one.state)) changeInstance(dagId, runId, { ...one, state: 'skipped' })
          }
          changeRun(dagId, runId, { state, start: run.start ?? at(), end: run.end ?? at() })
        }
        note('patch_dag_run', dagId, runId, body)
        return { dag_id: dagId, dag_run_id: runId, state: body.state ?? run.state, note: runNote(dagId, runId) ?? null }
      },
    ],
    [
      'DELETE',
      /^\/api\/v2\/dags\/([^/]+)\/dagRuns\/([^/]+)$/,
      ([dagId = '', runId = '']) => {
        if (runOf(peek, dagId, runId).state === 'running')
          throw new Refusal(
            409,
            `The DagRun with dag_id: \`${dagId}\` and run_id: \`${runId}\` cannot be deleted in running state`,
          )
        changeRun(dagId, runId, { gone: true })
        note('delete_dag_run', dagId, runId, null)
      },
    ],
    [
      'DELETE',
      /^\/api\/v2\/dags\/([^/]+)$/,
      ([dagId = '']) => {
        if (rowOf(peek, dagId).last_runs.some((run) => run.state === 'running'))
          throw new Refusal(409, `Task instances of dag with id: '${dagId}' are still running`)
        removeDag(dagId)
        note('delete_dag', dagId, null, null)
      },
    ],
    [
      'GET',
      new RegExp(`${TASK_URL}(?:/(\\d+))?$`),
      ([dagId = '', runId = '', taskId = '', index]) => {
        const own = namedIn(peek, dagId, runId, [index === undefined ? taskId : [taskId, Number(index)]])
        const [one] = own
        if (one === undefined || own.length > 1)
          throw new Refusal(404, 'Task instance is mapped, add the map_index value to the URL')
        return instanceAnswer(dagId, one)
      },
    ],
    [
      'PATCH',
      new RegExp(`${TASK_URL}(?:/(\\d+))?(/dry_run)?$`),
      ([dagId = '', runId = '', taskId = '', index, dry], _, body) =>
        mark(dagId, runId, taskId, index === undefined ? null : Number(index), body as MarkBody, dry !== undefined),
    ],
  ]
}

/** The instances that a body names, without what it adds to them. */
function namedIn(peek: Peek, dagId: string, runId: string, ids: (string | [string, number])[]): Found[] {
  return allOf(dagId, runOf(peek, dagId, runId), ids).filter((one) =>
    ids.some((id) => (typeof id === 'string' ? id === one.taskId : id[0] === one.taskId && id[1] === one.mapIndex)),
  )
}

function selected(peek: Peek, dagId: string, runId: string, ids: (string | [string, number])[], scope: Scope): Found[] {
  const run = runOf(peek, dagId, runId)
  if ((scope.include_past === true || scope.include_future === true) && run.logical_date === null)
    throw new Refusal(
      400,
      'Cannot use include_past or include_future with no logical_date(e.g. manually or asset-triggered).',
    )
  const names = ids.map((id) => (typeof id === 'string' ? id : id[0]))
  const added = [
    ...(scope.include_downstream === true ? relatives(dagId, names, 'from', 'to') : []),
    ...(scope.include_upstream === true ? relatives(dagId, names, 'to', 'from') : []),
  ].filter((id) => !names.includes(id))
  const runs = historyOf(rowOf(peek, dagId), peek().now).filter(
    (one) =>
      one.run_id === runId ||
      (scope.include_past === true && one.run_after < run.run_after) ||
      (scope.include_future === true && one.run_after > run.run_after),
  )
  // The drawn task's run is there under any name.
  if (runs.length === 0) runs.push(run)
  return runs.flatMap((one) => namedIn(peek, dagId, one.run_id, [...ids, ...added]))
}

function relatives(dagId: string, ids: string[], near: 'from' | 'to', far: 'from' | 'to'): string[] {
  const found = new Set(ids)
  for (const id of found) for (const edge of edgesOf(dagId)) if (edge[near] === id) found.add(edge[far])
  return [...found]
}

function allOf(dagId: string, run: GridRun, ids: (string | [string, number])[] = []): Found[] {
  const tree = treeOf(dagId)
  const known = tree.flatMap((node, i) =>
    node.kind === 'group'
      ? []
      : instancesIn(node.id, run.cells[i] ?? null).map((one) => ({ ...one, runId: run.run_id })),
  )
  if (dagId !== PAYMENTS) return known
  // The drawn task of this DAG stands in no tree.
  const more = new Set(ids.map((id) => (typeof id === 'string' ? id : id[0])).filter((id) => id.startsWith('stage.')))
  return [
    ...known,
    ...[...more].flatMap((taskId) =>
      Array.from({ length: PAYMENTS_INSTANCES }, (_, mapIndex) => ({
        taskId,
        mapIndex,
        runId: run.run_id,
        state: paymentState(run.run_id, taskId, mapIndex),
      })),
    ),
  ]
}

function answerOf(dagId: string, found: Found[]) {
  return { task_instances: found.map((one) => instanceAnswer(dagId, one)), total_entries: found.length }
}

const instanceAnswer = (dagId: string, { runId, taskId, mapIndex, state }: Found) => ({
  id: `${runId} ${taskId} ${String(mapIndex)}`,
  dag_id: dagId,
  dag_run_id: runId,
  task_id: taskId,
  task_display_name: taskId,
  map_index: mapIndex,
  state: state === 'none' ? null : state,
  note: noteOf(dagId, runId, taskId, mapIndex),
})
