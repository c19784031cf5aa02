import type { GridRun, TreeNode } from '@/api/contract'
import type { Place } from './moves'
import type { GridRow } from './rows'

/** What is selected for an act, by id: columns come and go while it stands. `nodes` null: whole runs. */
export interface GridSelection {
  runs: ReadonlySet<string>
  nodes: ReadonlySet<string> | null
}

export interface Band {
  from: number
  to: number
}

const inside = (a: number, b: number): Band => ({ from: Math.min(a, b), to: Math.max(a, b) })

/** The runs from one column to another. */
export function runsBetween(runs: readonly GridRun[], a: number, b: number): GridSelection {
  const { from, to } = inside(a, b)
  return { runs: new Set(runs.slice(from, to + 1).map((run) => run.run_id)), nodes: null }
}

/** The cells of the block between two corners. */
export function blockBetween(
  tree: readonly TreeNode[],
  rows: readonly GridRow[],
  runs: readonly GridRun[],
  a: Place,
  b: Place,
): GridSelection {
  const lines = inside(a.line, b.line)
  const nodes = rows.slice(lines.from, lines.to + 1).flatMap((row) => tree[row.node]?.id ?? [])
  return { runs: runsBetween(runs, a.column, b.column).runs, nodes: new Set(nodes) }
}

export function toggledRun(selection: GridSelection | null, runId: string): GridSelection | null {
  const runs = new Set(selection?.nodes === null ? selection.runs : [])
  if (!runs.delete(runId)) runs.add(runId)
  return runs.size === 0 ? null : { runs, nodes: null }
}

/** Neighbouring indices as bands, to be drawn. */
export function bandsOf<T>(all: readonly T[], isIn: (one: T) => boolean): Band[] {
  const bands: Band[] = []
  for (const [i, one] of all.entries()) {
    if (!isIn(one)) continue
    const last = bands.at(-1)
    if (last?.to === i - 1) last.to = i
    else bands.push({ from: i, to: i })
  }
  return bands
}

/** The tasks behind nodes: a group stands for its tasks. In order of the tree, each once. */
export function tasksIn(tree: readonly TreeNode[], nodes: ReadonlySet<string>): { id: string; node: number }[] {
  const taken: boolean[] = []
  return tree.flatMap((node, i) => {
    taken[i] = nodes.has(node.id) || (node.parent !== null && taken[node.parent] === true)
    return taken[i] && node.kind === 'task' ? [{ id: node.id, node: i }] : []
  })
}
