import type { AuditLine, Cell, GridRun, RunBar, RunState, TaskState, TreeNode } from '@/api/contract'

/** What acts changed, over the history that the fake server invents from the clock. */
interface RunChange {
  state?: RunState
  note?: string | null
  start?: number | null
  end?: number | null
  gone?: true
}
export interface Instance {
  taskId: string
  mapIndex: number
  state: TaskState
}

const runs = new Map<string, RunChange>()
const states = new Map<string, TaskState>()
/** States before the first act: what the run's cells were invented from. */
const began = new Map<string, RunState>()
const notes = new Map<string, string>()
const added = new Map<string, RunBar[]>()
export const events: AuditLine[] = []
/** Since the last change that the event stream told. */
let told: { dag_id: string; run_id: string; state: RunState | null }[] = []

const key = (...parts: (string | number)[]) => parts.join('\n')

export function resetChanges(): void {
  runs.clear()
  states.clear()
  notes.clear()
  began.clear()
  added.clear()
  events.length = 0
  told = []
}

export function changeRun(dagId: string, runId: string, change: RunChange): void {
  runs.set(key(dagId, runId), { ...runs.get(key(dagId, runId)), ...change })
  told.push({ dag_id: dagId, run_id: runId, state: change.gone ? null : (change.state ?? null) })
}

/** A run that someone triggered: it waits. */
export function addRun(dagId: string, run: RunBar): void {
  added.set(dagId, [...addedRuns(dagId), run])
  told.push({ dag_id: dagId, run_id: run.run_id, state: run.state })
}

export const addedRuns = (dagId: string): RunBar[] => added.get(dagId) ?? []

export function changeInstance(dagId: string, runId: string, { taskId, mapIndex, state }: Instance): void {
  states.set(key(dagId, runId, taskId, mapIndex), state)
  told.push({ dag_id: dagId, run_id: runId, state: null })
}

export const stateBefore = (dagId: string, run: { run_id: string; state: RunState }) =>
  began.get(key(dagId, run.run_id)) ?? run.state

export const runNote = (dagId: string, runId: string) => runs.get(key(dagId, runId))?.note

export function noteOf(dagId: string, runId: string, taskId: string, mapIndex: number): string | null {
  return notes.get(key(dagId, runId, taskId, mapIndex)) ?? null
}

export function setNote(dagId: string, runId: string, taskId: string, mapIndex: number, note: string | null): void {
  if (note === null || note === '') notes.delete(key(dagId, runId, taskId, mapIndex))
  else notes.set(key(dagId, runId, taskId, mapIndex), note)
  told.push({ dag_id: dagId, run_id: runId, state: null })
}

export const stateAfter = (dagId: string, runId: string, { taskId, mapIndex, state }: Instance): TaskState =>
  states.get(key(dagId, runId, taskId, mapIndex)) ?? state

export function takeTold(): typeof told {
  const taken = told
  told = []
  return taken
}

export function log(now: number, event: string, of: Partial<AuditLine> = {}): void {
  events.unshift({
    id: events.length + 1,
    at: now,
    dag_id: null,
    task_id: null,
    run_id: null,
    map_index: null,
    try_number: null,
    logical_date: null,
    owner: 'mara',
    detail: null,
    ...of,
    event,
  })
}

/** The run without its cells, as it is after the acts; null when it was deleted. */
export function changedRun<T extends { run_id: string; state: RunState; start: number | null; end: number | null }>(
  dagId: string,
  run: T,
): T | null {
  const change = runs.get(key(dagId, run.run_id))
  if (change === undefined) return run
  if (!began.has(key(dagId, run.run_id))) began.set(key(dagId, run.run_id), run.state)
  if (change.gone) return null
  return {
    ...run,
    state: change.state ?? run.state,
    start: change.start === undefined ? run.start : change.start,
    end: change.end === undefined ? run.end : change.end,
  }
}

/** The same with its cells. */
export function changedGridRun(dagId: string, run: GridRun, tree: TreeNode[]): GridRun | null {
  const changed = changedRun(dagId, run)
  if (changed === null) return null
  const touched = [...states.keys()].some((one) => one.startsWith(key(dagId, run.run_id, '')))
  if (!touched) return changed
  const leaves = tree.map((node, i) => (node.kind === 'group' ? null : cellAfter(dagId, run, node, i)))
  return {
    ...changed,
    cells: tree.map((node, i) => (node.kind === 'group' ? groupCell(tree, i, leaves) : (leaves[i] ?? null))),
  }
}

function cellAfter(dagId: string, run: GridRun, node: TreeNode, index: number): Cell {
  const cell = run.cells[index] ?? null
  const all = instancesIn(node.id, cell).map((one) => stateAfter(dagId, run.run_id, one))
  const first = all[0]
  if (first === undefined) return cell
  return typeof cell === 'string' ? first : { counts: countsOf(all) }
}

function countsOf(list: TaskState[]): Partial<Record<TaskState, number>> {
  const counts: Partial<Record<TaskState, number>> = {}
  for (const state of list) counts[state] = (counts[state] ?? 0) + 1
  return counts
}

function groupCell(tree: TreeNode[], group: number, leaves: Cell[]): Cell {
  const inside = (i: number): boolean => {
    const parent = tree[i]?.parent ?? null
    return parent !== null && (parent === group || inside(parent))
  }
  const worst = (cell: Cell): TaskState[] =>
    cell === null
      ? []
      : typeof cell === 'string'
        ? [cell]
        : [(['failed', 'running', 'none'] as const).find((one) => cell.counts[one] !== undefined) ?? 'success']
  return { counts: countsOf(leaves.flatMap((cell, i) => (inside(i) ? worst(cell) : []))) }
}

/** Where the drawing has the failed ones of many. */
const FAILED_AT = [17, 37, 64]

/** The instances behind a cell. */
export function instancesIn(taskId: string, cell: Cell): Instance[] {
  if (cell === null) return []
  if (typeof cell === 'string') return [{ taskId, mapIndex: -1, state: cell }]
  const total = Object.values(cell.counts).reduce((sum, n) => sum + n, 0)
  const left = { ...cell.counts }
  const take = (state: TaskState): boolean => {
    if ((left[state] ?? 0) <= 0) return false
    left[state] = (left[state] ?? 0) - 1
    return true
  }
  const list = Array.from({ length: total }, (_, mapIndex): Instance | null =>
    FAILED_AT.includes(mapIndex) && take('failed') ? { taskId, mapIndex, state: 'failed' } : null,
  )
  const rest = () =>
    (['success', 'skipped', 'none', 'running', 'queued', 'failed', 'upstream_failed'] as TaskState[]).find(take) ??
    'none'
  return list.map((one, mapIndex) => one ?? { taskId, mapIndex, state: rest() })
}
