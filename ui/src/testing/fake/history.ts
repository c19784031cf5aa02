import type { DagRow, Edge, GridRun, RunBar, TaskState, TreeNode } from '@/api/contract'
import { aTreeNode } from '../builders'
import { addedRuns, changedGridRun, changedRun, stateBefore } from './changes'
import { PAYMENTS } from './payments'
import { Refusal, type Peek } from './refusal'
import { RETAIL, RETAIL_EDGES, RETAIL_TREE, retailRuns } from './retail'

/** Every other DAG has three tasks, one after the other. */
const PLAIN_TREE: TreeNode[] = ['extract', 'load', 'report'].map((id) => aTreeNode({ id }))
const PLAIN_EDGES: Edge[] = [
  ['extract', 'load'],
  ['load', 'report'],
].map(([from = '', to = '']) => ({ from, to, label: null, is_setup_teardown: false }))

export const treeOf = (dagId: string) => (dagId === RETAIL ? RETAIL_TREE : PLAIN_TREE)
export const edgesOf = (dagId: string) => (dagId === RETAIL ? RETAIL_EDGES : PLAIN_EDGES)

/** Runs of a DAG with their cells, oldest first, as they are after the acts. */
export function historyOf(row: DagRow, now: number): GridRun[] {
  if (row.dag_id === RETAIL) return retailRuns(now)
  // `rowAfter` has put the triggered ones behind the others.
  return row.last_runs
    .map((run) => withCells(row.dag_id, run))
    .map((run) => changedGridRun(row.dag_id, run, PLAIN_TREE))
    .filter((run) => run !== null)
}

function withCells(dagId: string, run: RunBar): GridRun {
  const state = stateBefore(dagId, run)
  const last: TaskState = state === 'queued' ? 'none' : state
  return {
    ...run,
    logical_date: run.run_type === 'scheduled' ? run.run_after : null,
    version_number: 1,
    cells: state === 'queued' ? ['none', 'none', 'none'] : ['success', 'success', last],
  }
}

/** The row as the acts left its runs. */
export function rowAfter(row: DagRow): DagRow {
  const runs = [...row.last_runs, ...addedRuns(row.dag_id)]
    .map((run) => changedRun(row.dag_id, run))
    .filter((run) => run !== null)
  if (runs.every((run, i) => run === row.last_runs[i]) && runs.length === row.last_runs.length) return row
  return { ...row, last_runs: runs, active_runs: runs.filter((run) => run.end === null).length }
}

export function rowOf(peek: Peek, dagId: string): DagRow {
  const row = peek().dags.find((one) => one.dag_id === dagId)
  if (!row) throw new Refusal(404, `The Dag with ID: \`${dagId}\` was not found`)
  return row
}

export function runOf(peek: Peek, dagId: string, runId: string): GridRun {
  const runs = historyOf(rowOf(peek, dagId), peek().now)
  const run = runs.find((one) => one.run_id === runId) ?? drawn(dagId, runs, runId)
  if (!run) throw new Refusal(404, `The DagRun with dag_id: \`${dagId}\` and run_id: \`${runId}\` was not found`)
  return run
}

/** The run of the drawn task is there under whatever name it is asked for. */
function drawn(dagId: string, runs: GridRun[], runId: string): GridRun | undefined {
  const newest = runs.at(-1)
  return dagId === PAYMENTS && newest ? { ...newest, run_id: runId } : undefined
}
