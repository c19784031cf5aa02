import type { Cell, Edge, TaskState, TreeNode } from '@/api/contract'
import { statesIn, totalOf, worstOf, type Counts } from '@/components/state/table'
import { strings } from '@/lib/strings'

/** What is drawn: tasks and closed groups as nodes, open groups as boxes around them. */
export interface ShownNode {
  id: string
  label: string
  parent: string | null
  isGroup: boolean
  depth: number
  /** A box around others; else a node. */
  isOpen: boolean
  /** Tasks in a group. */
  tasks: number
  node: TreeNode
  cell: Cell
}
export interface ShownEdge {
  id: string
  from: string
  to: string
  label: string | null
  isSetupTeardown: boolean
}
export interface Shown {
  nodes: ShownNode[]
  edges: ShownEdge[]
}

export type Side = 'up' | 'down'

/** Groups at this depth and deeper are closed: 0 closes all, Infinity none. */
export function closedBelow(tree: TreeNode[], depth: number): Set<string> {
  const depths = depthsOf(tree)
  return new Set(tree.filter((node, i) => node.kind === 'group' && (depths[i] ?? 0) >= depth).map((node) => node.id))
}

function depthsOf(tree: TreeNode[]): number[] {
  const depths: number[] = []
  for (const [i, node] of tree.entries()) depths[i] = node.parent === null ? 0 : (depths[node.parent] ?? 0) + 1
  return depths
}

/** The graph with some groups closed: edges end at what stands for their ends, each pair once. */
export function shownGraph(tree: TreeNode[], edges: Edge[], cells: Cell[], closed: ReadonlySet<string>): Shown {
  const depths = depthsOf(tree)
  const standIn = new Map<string, string>()
  const nodes: ShownNode[] = []
  const tasks = tree.map(() => 0)
  for (const node of tree)
    if (node.kind === 'task')
      for (let at = node.parent; at !== null; at = tree[at]?.parent ?? null) tasks[at] = (tasks[at] ?? 0) + 1
  for (const [i, node] of tree.entries()) {
    const parent = node.parent === null ? undefined : tree[node.parent]
    const over = parent && standIn.get(parent.id)
    const isHidden = parent !== undefined && (over !== parent.id || closed.has(parent.id))
    standIn.set(node.id, isHidden ? (over ?? node.id) : node.id)
    if (isHidden) continue
    const isGroup = node.kind === 'group'
    nodes.push({
      id: node.id,
      label: node.label,
      parent: parent?.id ?? null,
      isGroup,
      depth: depths[i] ?? 0,
      isOpen: isGroup && !closed.has(node.id),
      tasks: tasks[i] ?? 0,
      node,
      cell: cells[i] ?? null,
    })
  }
  const found = new Map<string, ShownEdge>()
  for (const edge of edges) {
    const from = standIn.get(edge.from) ?? edge.from
    const to = standIn.get(edge.to) ?? edge.to
    const id = `${from} ${to}`
    if (from === to || !standIn.has(from) || !standIn.has(to)) continue
    const known = found.get(id)
    if (!known) found.set(id, { id, from, to, label: edge.label, isSetupTeardown: edge.is_setup_teardown })
    else
      found.set(id, {
        ...known,
        label: known.label ?? edge.label,
        isSetupTeardown: known.isSetupTeardown && edge.is_setup_teardown,
      })
  }
  return { nodes, edges: [...found.values()] }
}

/** Only what lies before or after a node, with the boxes around it. */
export function oneSide(shown: Shown, id: string, side: Side): Shown {
  const next = new Map<string, string[]>()
  for (const edge of shown.edges) {
    const [from, to] = side === 'down' ? [edge.from, edge.to] : [edge.to, edge.from]
    next.set(from, [...(next.get(from) ?? []), to])
  }
  const kept = new Set([id])
  for (const at of kept) for (const other of next.get(at) ?? []) kept.add(other)
  const byId = new Map(shown.nodes.map((node) => [node.id, node]))
  for (const at of [...kept])
    for (let up = byId.get(at)?.parent ?? null; up !== null; up = byId.get(up)?.parent ?? null) kept.add(up)
  return {
    nodes: shown.nodes.filter((node) => kept.has(node.id)),
    edges: shown.edges.filter((edge) => kept.has(edge.from) && kept.has(edge.to)),
  }
}

export function stateOf(cell: Cell): TaskState | null {
  return cell === null || typeof cell === 'string' ? cell : worstOf(statesIn(cell.counts))
}

export function labelOf(edge: ShownEdge): string | null {
  return edge.label ?? (edge.isSetupTeardown ? strings.graph.setupTeardown : null)
}

/** What is special about a task: `teardown, all_done`. */
export function kindOf(node: TreeNode): string {
  const rule = node.trigger_rule === 'all_success' ? null : node.trigger_rule
  return [node.is_setup && strings.graph.setup, node.is_teardown && strings.graph.teardown, rule]
    .filter(Boolean)
    .join(', ')
}

/** The edges that carry their label: of those of a node that say the same, the middle one. */
export function labelled(edges: ShownEdge[]): Set<string> {
  const alike = new Map<string, ShownEdge[]>()
  for (const edge of edges) {
    if (edge.label === null && !edge.isSetupTeardown) continue
    const key = JSON.stringify([edge.from, edge.label])
    alike.set(key, [...(alike.get(key) ?? []), edge])
  }
  return new Set([...alike.values()].flatMap((same) => same[Math.floor((same.length - 1) / 2)]?.id ?? []))
}

/** The node to look at first: the worst, or the one that runs. */
export function busiest(shown: Shown): string | null {
  const nodes = shown.nodes.filter((node) => !node.isOpen)
  for (const wanted of ['failed', 'up_for_retry', 'running', 'deferred', 'queued'] as const) {
    const hit = nodes.find((node) => stateOf(node.cell) === wanted)
    if (hit) return hit.id
  }
  return null
}

export function countsOf(cell: Cell): Counts | null {
  return cell === null || typeof cell === 'string' ? null : cell.counts
}

/** `26 of 31`: how many of a group are done well. */
export function doneOf(cell: Cell): { done: number; total: number } | null {
  const counts = countsOf(cell)
  return counts === null ? null : { done: counts.success ?? 0, total: totalOf(counts) }
}

export type EdgeLook = 'plain' | 'done' | 'live' | 'wait' | 'skip' | 'setup'

const NOT_BEGUN: ReadonlySet<TaskState | null> = new Set<TaskState | null>([
  'none',
  'scheduled',
  'queued',
  'up_for_reschedule',
  'up_for_retry',
])

/** Solid done, blue into a running task, dashed to come, dotted not taken. */
export function edgeLook(edge: ShownEdge, from: TaskState | null, to: TaskState | null): EdgeLook {
  if (edge.isSetupTeardown) return 'setup'
  if (to === null && from === null) return 'plain'
  if (to === 'skipped' || from === 'skipped') return 'skip'
  if (to === 'running' || to === 'restarting' || to === 'deferred') return 'live'
  // What is not queued yet still waits for something before it.
  if (to === 'none' || (NOT_BEGUN.has(to) && from !== 'success')) return 'wait'
  return 'done'
}
