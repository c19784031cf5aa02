import type { Timeline, TimelineRow, TreeNode } from '@/api/contract'
import { beginOf } from './ends'
import { poolRows } from './pools'

export type Order = 'group' | 'start' | 'pool'

/** A task, group or pool of the run as one row. */
export interface Row {
  node: TreeNode
  at: TimelineRow
  depth: number
  /** A group that is closed stands for its tasks; null: a task. */
  closed: boolean | null
  /** Tasks below a group. */
  tasks: number
  /** The tasks of a pool. */
  members?: readonly TimelineRow[]
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
  if (order === 'pool') return poolRows(timeline, rowOf, matches, (id) => needle === '' && closed.has(id))
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

/** The row that stands for a task: its own, or that of a closed group or pool around it; -1 without one. */
export function rowFor(rows: readonly Row[], tree: TreeNode[], taskId: string): number {
  const own = rows.findIndex((row) => row.node.id === taskId)
  if (own >= 0) return own
  let at: number | null = tree.findIndex((node) => node.id === taskId)
  while (at !== null && at >= 0) {
    const index: number = at
    const row = rows.findIndex(
      (one) => one.at.node === index || (one.closed === true && one.members?.some((task) => task.node === index)),
    )
    if (row >= 0) return row
    at = tree[index]?.parent ?? null
  }
  return -1
}

/** The row of the group or pool that a row stands in; -1 at the top. */
export function rowAround(rows: readonly Row[], index: number): number {
  const depth = rows[index]?.depth ?? 0
  let at = index - 1
  while (at >= 0 && (rows[at]?.depth ?? 0) >= depth) at -= 1
  return at
}
