import type { Cell, TaskState, TreeNode } from '@/api/contract'
import { statesIn, totalOf, worstOf } from '@/components/state/table'

/** A row in view: a node of the tree that neither a closed group nor the filter hides. */
export interface GridRow {
  node: number
  depth: number
  isGroup: boolean
  isOpen: boolean
  /** Tasks in a group. */ tasks: number
}

/** `filter` keeps nodes whose id contains it, with their groups, which it opens. */
export function rowsOf(tree: TreeNode[], closed: ReadonlySet<string>, filter: string): GridRow[] {
  const wanted = filter === '' ? null : matching(tree, filter.toLowerCase())
  const tasks = tasksPerGroup(tree)
  const depths: number[] = []
  const hidden: boolean[] = []
  const rows: GridRow[] = []
  for (const [i, node] of tree.entries()) {
    const parent = node.parent
    depths[i] = parent === null ? 0 : (depths[parent] ?? 0) + 1
    const parentId = parent === null ? undefined : tree[parent]?.id
    hidden[i] =
      parent !== null &&
      (hidden[parent] === true || (wanted === null && parentId !== undefined && closed.has(parentId)))
    if (hidden[i] || (wanted !== null && !wanted.has(i))) continue
    const isGroup = node.kind === 'group'
    rows.push({
      node: i,
      depth: depths[i],
      isGroup,
      isOpen: isGroup && (wanted !== null || !closed.has(node.id)),
      tasks: tasks[i] ?? 0,
    })
  }
  return rows
}

function matching(tree: TreeNode[], filter: string): Set<number> {
  const wanted = new Set<number>()
  for (const [i, node] of tree.entries()) {
    if (!node.id.toLowerCase().includes(filter)) continue
    for (let at: number | null = i; at !== null; at = tree[at]?.parent ?? null) wanted.add(at)
  }
  return wanted
}

function tasksPerGroup(tree: TreeNode[]): number[] {
  const tasks = tree.map(() => 0)
  for (const node of tree) {
    if (node.kind === 'group') continue
    for (let at = node.parent; at !== null; at = tree[at]?.parent ?? null) tasks[at] = (tasks[at] ?? 0) + 1
  }
  return tasks
}

export function groupIds(tree: TreeNode[]): string[] {
  return tree.filter((node) => node.kind === 'group').map((node) => node.id)
}

/** The state that stands for a cell: its own, or the worst among many. */
export function cellState(cell: Cell): TaskState | null {
  if (cell === null || typeof cell === 'string') return cell
  return worstOf(statesIn(cell.counts))
}

/** The mark beside a task's name. */
export function nodeMark(node: TreeNode): string | null {
  if (node.is_setup) return 'setup'
  if (node.is_teardown) return 'teardown'
  if (node.operator !== null && /Sensor/.test(node.operator)) return 'sensor'
  if (node.operator !== null && /Branch/.test(node.operator)) return 'branch'
  return null
}

/** How many instances a mapped task has, by its newest run that got as far as expanding it. */
export function mappedSize(cells: (Cell | undefined)[]): number | null {
  const cell = cells.findLast(
    (one) => one != null && typeof one === 'object' && statesIn(one.counts).some((state) => state !== 'none'),
  )
  return cell == null || typeof cell === 'string' ? null : totalOf(cell.counts)
}
