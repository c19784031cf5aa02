import type { Timeline, TimelineRow, TreeNode } from '@/api/contract'

export type Order = 'group' | 'start'

/** A task or group of the run as one row. */
export interface Row {
  node: TreeNode
  at: TimelineRow
  depth: number
  /** A group that is closed stands for its tasks; null: a task. */
  closed: boolean | null
  /** Tasks below a group. */
  tasks: number
}

export interface RowChoice {
  closed: ReadonlySet<string>
  filter: string
  order: Order
}

/** The rows to show, in order. A filter keeps tasks that match and the groups they stand in, and opens those. */
export function rowsOf(timeline: Timeline, { closed, filter, order }: RowChoice): Row[] {
  const { tree } = timeline
  const byNode = new Map(timeline.rows.map((row) => [row.node, row]))
  const rowOf = (index: number): TimelineRow =>
    byNode.get(index) ?? { node: index, cell: null, segments: [], start: null, end: null }
  const needle = filter.trim().toLowerCase()
  const matches = (node: TreeNode) => node.kind === 'task' && (needle === '' || node.id.toLowerCase().includes(needle))
  if (order === 'start') {
    return tree
      .flatMap((node, i) => (matches(node) ? [{ node, at: rowOf(i), depth: 0, closed: null, tasks: 0 }] : []))
      .sort((a, b) => (beginOf(a.at) ?? Infinity) - (beginOf(b.at) ?? Infinity) || a.at.node - b.at.node)
  }
  const tasks = tasksBelow(tree, matches)
  const hidden = new Set<number>()
  const rows: Row[] = []
  tree.forEach((node, i) => {
    const { parent } = node
    if (parent !== null && hidden.has(parent)) {
      hidden.add(i)
      return
    }
    const isGroup = node.kind === 'group'
    if (isGroup ? needle !== '' && tasks[i] === 0 : !matches(node)) return
    const isClosed = isGroup && needle === '' && closed.has(node.id)
    if (isClosed) hidden.add(i)
    rows.push({ node, at: rowOf(i), depth: depthOf(tree, i), closed: isGroup ? isClosed : null, tasks: tasks[i] ?? 0 })
  })
  return rows
}

/** When anything of a row began; what waits for a slot has begun to. */
export function beginOf(row: TimelineRow): number | null {
  return row.segments[0]?.from ?? row.start
}

/** When a row ended; null: not yet, or never begun. */
export function endOf(row: TimelineRow): number | null {
  const last = row.segments.at(-1)
  return last ? last.to : row.end
}

function depthOf(tree: TreeNode[], index: number): number {
  let depth = 0
  for (let at = tree[index]?.parent ?? null; at !== null; at = tree[at]?.parent ?? null) depth += 1
  return depth
}

/** How many tasks that match stand below each group. Parents come before their children. */
function tasksBelow(tree: TreeNode[], matches: (node: TreeNode) => boolean): number[] {
  const counts = tree.map((node): number => (matches(node) ? 1 : 0))
  for (let i = tree.length - 1; i >= 0; i -= 1) {
    const parent = tree[i]?.parent ?? null
    if (parent !== null) counts[parent] = (counts[parent] ?? 0) + (counts[i] ?? 0)
  }
  return counts.map((count, i) => (tree[i]?.kind === 'group' ? count : 0))
}

/** The row that stands for a task: its own, or that of a closed group around it; -1 without one. */
export function rowFor(rows: readonly Row[], tree: TreeNode[], taskId: string): number {
  let at: number | null = tree.findIndex((node) => node.id === taskId)
  while (at !== null && at >= 0) {
    const index: number = at
    const row = rows.findIndex((one) => one.at.node === index)
    if (row >= 0) return row
    at = tree[index]?.parent ?? null
  }
  return -1
}
