import type { SegmentKind, Timeline, TimelineRow } from '@/api/contract'
import { beginOf, endOf } from './ends'
import { rowFor, type Row } from './rows'

/** What the time on the critical path went to. */
export type Spent = 'running' | 'deferred' | 'retry' | 'waiting' | 'between'
export const SPENT: Spent[] = ['running', 'deferred', 'retry', 'waiting', 'between']

const KIND_SPENT: Record<SegmentKind, Spent> = {
  run: 'running',
  failed: 'retry',
  delay: 'retry',
  deferred: 'deferred',
  reschedule: 'deferred',
  slot: 'waiting',
  queued: 'waiting',
}

export interface CriticalSummary {
  total: number
  tasks: number
  spent: Record<Spent, number>
}

/** Sums the path by what its time went to; each task counts from where the one before it ended. null without a path. */
export function criticalSummary(timeline: Timeline, now: number): CriticalSummary | null {
  const path = pathRows(timeline)
  const first = path[0]
  if (first === undefined) return null
  const from = timeline.run.start ?? beginOf(first) ?? now
  const spent: Record<Spent, number> = { running: 0, deferred: 0, retry: 0, waiting: 0, between: 0 }
  let at = from
  const spend = (kind: Spent, begin: number, end: number) => {
    spent.between += Math.max(0, begin - at)
    spent[kind] += Math.max(0, end - Math.max(begin, at))
    at = Math.max(at, end)
  }
  for (const row of path) {
    for (const segment of row.segments) spend(KIND_SPENT[segment.kind], segment.from, segment.to ?? now)
    if (row.segments.length === 0 && row.start !== null) spend('running', row.start, row.end ?? now)
  }
  return { total: at - from, tasks: path.length, spent }
}

/** How long a task of the path held up the run: from the end of the one before it to its own. */
export function shareOfPath(timeline: Timeline, node: number, now: number): number | null {
  const path = pathRows(timeline)
  const index = path.findIndex((row) => row.node === node)
  const row = path[index]
  const total = criticalSummary(timeline, now)?.total ?? 0
  if (row === undefined || total <= 0) return null
  const before = path[index - 1]
  const begin = (before && endOf(before)) ?? timeline.run.start ?? beginOf(row) ?? now
  return Math.max(0, ((endOf(row) ?? now) - begin) / total)
}

/** Places in the tree of the tasks on the path and of the groups around them. */
export function criticalNodes({ tree, critical_path }: Timeline): ReadonlySet<number> {
  const index = new Map(tree.map((node, i) => [node.id, i]))
  const nodes = new Set<number>()
  for (const id of critical_path) {
    for (let at = index.get(id) ?? null; at !== null && !nodes.has(at); at = tree[at]?.parent ?? null) nodes.add(at)
  }
  return nodes
}

function pathRows(timeline: Timeline): TimelineRow[] {
  const index = new Map(timeline.tree.map((node, i) => [node.id, i]))
  const rows = new Map(timeline.rows.map((row) => [row.node, row]))
  return timeline.critical_path.flatMap((id) => rows.get(index.get(id) ?? -1) ?? [])
}

export interface Connector {
  fromRow: number
  toRow: number
  at: number
}

/** Where the path steps from one row to another: at the begin of what follows. Steps inside a closed group are none. */
export function connectorsOf(timeline: Timeline, rows: readonly Row[]): Connector[] {
  const steps: Connector[] = []
  let last = -1
  const index = new Map(timeline.tree.map((node, i) => [node.id, i]))
  const byNode = new Map(timeline.rows.map((row) => [row.node, row]))
  for (const id of timeline.critical_path) {
    const toRow = rowFor(rows, timeline.tree, id)
    const row = byNode.get(index.get(id) ?? -1)
    const at = row ? beginOf(row) : null
    if (toRow < 0 || at === null) continue
    if (last >= 0 && last !== toRow) steps.push({ fromRow: last, toRow, at })
    last = toRow
  }
  return steps
}
