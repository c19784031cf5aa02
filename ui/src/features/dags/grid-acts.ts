import type { GridRun, TaskState, TreeNode } from '@/api/contract'
import { tasksIn } from '@/grid/selected'
import type { ActTarget } from '@/lib/acts'

/** Runs of the grid as what an act is about. */
export function runTarget(dagId: string, tree: readonly TreeNode[], runs: readonly GridRun[]): ActTarget {
  return {
    kind: 'runs',
    runs: runs.map((run) => ({
      dagId,
      runId: run.run_id,
      runAfter: run.run_after,
      state: run.state,
      counts: countsOf(tree, run),
    })),
  }
}

/** Cells of the grid: per run the tasks that it has. A group stands for its tasks. */
export function cellTarget(
  dagId: string,
  tree: readonly TreeNode[],
  runs: readonly GridRun[],
  nodes: ReadonlySet<string>,
): ActTarget {
  const tasks = tasksIn(tree, nodes)
  return {
    kind: 'tasks',
    parts: runs.flatMap((run) => {
      const own = tasks.filter(({ node }) => (run.cells[node] ?? null) !== null)
      return own.length === 0
        ? []
        : [{ dagId, runId: run.run_id, tasks: own.map(({ id }) => ({ taskId: id, mapIndex: null })) }]
    }),
  }
}

function countsOf(tree: readonly TreeNode[], run: GridRun): Partial<Record<TaskState, number>> {
  const counts: Partial<Record<TaskState, number>> = {}
  for (const [i, cell] of run.cells.entries()) {
    if (cell === null || tree[i]?.kind !== 'task') continue
    const each = typeof cell === 'string' ? { [cell]: 1 } : cell.counts
    for (const [state, n] of Object.entries(each) as [TaskState, number][]) counts[state] = (counts[state] ?? 0) + n
  }
  return counts
}
