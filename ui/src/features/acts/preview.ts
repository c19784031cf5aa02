import type { TaskState } from '@/api/contract'
import { STATES, worstOf, type Counts } from '@/components/state/table'
import type { RunRef } from '@/lib/acts'

/** What the server answers about a task instance, as far as a preview needs it. */
export interface AnsweredInstance {
  dag_id?: string
  dag_run_id?: string
  task_id: string
  map_index?: number
  state?: TaskState | null
  /** The run has no instance of it yet. */
  isNew?: boolean
}

/** A task that an act changes, in one run or in many. */
export interface TaskLine {
  taskId: string
  /** Worst of its instances. */
  state: TaskState
  instances: number
  runs: number
  /** The only instance, when it is one of many. */
  mapIndex: number | null
}

export interface Preview {
  instances: number
  runs: number
  running: number
  /** Tasks that come new into a run. */
  fresh: number
  /** Worst first. */
  lines: TaskLine[]
}

const RUNNING: TaskState[] = ['running', 'restarting']

/** Requests of one act overlap (the downstream of two tasks): an instance counts once. */
export function previewOf(answers: readonly AnsweredInstance[]): Preview {
  const seen = new Map<string, AnsweredInstance>()
  for (const one of answers)
    seen.set(JSON.stringify([one.dag_id, one.dag_run_id, one.task_id, one.map_index ?? -1]), one)
  const all = [...seen.values()]
  const tasks = new Map<string, AnsweredInstance[]>()
  for (const one of all) tasks.set(one.task_id, [...(tasks.get(one.task_id) ?? []), one])
  return {
    instances: all.length,
    runs: runsIn(all),
    running: all.filter((one) => RUNNING.includes(stateOf(one))).length,
    fresh: all.filter((one) => one.isNew === true).length,
    lines: [...tasks].map(([taskId, own]) => lineOf(taskId, own)).sort(bySeverity),
  }
}

function lineOf(taskId: string, own: AnsweredInstance[]): TaskLine {
  const index = own.length === 1 ? (own[0]?.map_index ?? -1) : -1
  return {
    taskId,
    state: worstOf(own.map(stateOf)) ?? 'none',
    instances: own.length,
    runs: runsIn(own),
    mapIndex: index < 0 ? null : index,
  }
}

const bySeverity = (a: TaskLine, b: TaskLine) => STATES[a.state].order - STATES[b.state].order
const stateOf = (one: AnsweredInstance): TaskState => one.state ?? 'none'
const runsIn = (all: AnsweredInstance[]) => new Set(all.map((one) => JSON.stringify([one.dag_id, one.dag_run_id]))).size

/** In these a task instance works, or holds a place for its work: an end of its run ends it. */
const ACTIVE: TaskState[] = ['running', 'restarting', 'deferred', 'up_for_reschedule', 'awaiting_input']
const PENDING: TaskState[] = ['none', 'scheduled', 'queued', 'up_for_retry']

/** What an end by hand does to the task instances of runs: working ones take the state, what has not begun is skipped. */
export function endOf(runs: readonly RunRef[]): { active: number; pending: number } {
  const sum = (states: TaskState[]) =>
    runs.reduce((n, run) => n + states.reduce((m, state) => m + (run.counts[state] ?? 0), 0), 0)
  return { active: sum(ACTIVE), pending: sum(PENDING) }
}

export function addedCounts(all: Counts[]): Counts {
  const sum: Counts = {}
  for (const counts of all)
    for (const [state, n] of Object.entries(counts) as [TaskState, number][]) sum[state] = (sum[state] ?? 0) + n
  return sum
}
