import type { Cell, Counts, Edge, Grid, GridRun, TaskState, TreeNode } from '@/api/contract'
import { aGridRun, aTreeNode, HOUR, MINUTE } from '../builders'
import { noise } from '../random'
import { addedRuns, changedGridRun } from './changes'

export const RETAIL = 'retail_orders_mart'
const RUNS = 120

/** Depth, id, how many mapped instances (0 = a plain task, -1 = a group), mark. */
const LINES: [depth: number, name: string, mapped: number, mark?: 'setup' | 'teardown' | 'branch' | 'sensor'][] = [
  [0, 'wait_for_exports', 0, 'sensor'],
  [0, 'extract', -1],
  [1, 'open_session', 0, 'setup'],
  [1, 'shopify', -1],
  [2, 'list_shards', 0],
  [2, 'pull_orders', 48],
  [2, 'pull_refunds', 12],
  [1, 'netsuite', -1],
  [2, 'pull_invoices', 24],
  [2, 'pull_payments', 0],
  [1, 'check_counts', 0],
  [0, 'stage', -1],
  [1, 'load_raw', 96],
  [1, 'dedupe', 0],
  [1, 'quality', -1],
  [2, 'row_counts', 0],
  [2, 'contracts', -1],
  [3, 'schema', 0],
  [3, 'nulls', 31],
  [3, 'keys', 0],
  [2, 'verdict', 0, 'branch'],
  [0, 'quarantine_rows', 0],
  [0, 'transform', -1],
  [1, 'dim_customer', 0],
  [1, 'dim_product', 0],
  [1, 'snapshot_inventory', 0],
  [1, 'fct_orders', 0],
  [1, 'fct_refunds', 0],
  [0, 'publish', -1],
  [1, 'refresh_views', 0],
  [1, 'notify', 0],
  [1, 'bi_extract', 8],
  [0, 'close_session', 0, 'teardown'],
]
const OPERATORS = {
  setup: 'PythonOperator',
  teardown: 'PythonOperator',
  branch: 'BranchPythonOperator',
  sensor: 'S3KeySensor',
}

export const RETAIL_TREE: TreeNode[] = makeTree()

function makeTree(): TreeNode[] {
  const open: number[] = []
  const tree: TreeNode[] = []
  for (const [i, [depth, name, mapped, mark]] of LINES.entries()) {
    const parent = depth === 0 ? null : (open[depth - 1] ?? null)
    const prefix = parent === null ? '' : `${tree[parent]?.id ?? ''}.`
    open[depth] = i
    tree.push(
      aTreeNode({
        id: prefix + name,
        label: name,
        kind: mapped < 0 ? 'group' : 'task',
        parent,
        operator: mapped < 0 ? null : mark ? OPERATORS[mark] : 'CopyIntoOperator',
        is_mapped: mapped > 0,
        is_setup: mark === 'setup',
        is_teardown: mark === 'teardown',
        trigger_rule: mapped < 0 ? null : name === 'close_session' ? 'all_done' : 'all_success',
      }),
    )
  }
  return tree
}

export const idOf = (name: string) => RETAIL_TREE.find((node) => node.label === name)?.id ?? name

const EDGES: [from: string, to: string, label?: string][] = [
  ['wait_for_exports', 'open_session'],
  ['open_session', 'list_shards'],
  ['open_session', 'pull_invoices'],
  ['open_session', 'pull_payments'],
  ['list_shards', 'pull_orders'],
  ['list_shards', 'pull_refunds'],
  ['pull_orders', 'check_counts'],
  ['pull_refunds', 'check_counts'],
  ['pull_invoices', 'check_counts'],
  ['pull_payments', 'check_counts'],
  ['check_counts', 'load_raw'],
  ['load_raw', 'dedupe'],
  ['dedupe', 'row_counts'],
  ['dedupe', 'schema'],
  ['dedupe', 'nulls'],
  ['dedupe', 'keys'],
  ['row_counts', 'verdict'],
  ['schema', 'verdict'],
  ['nulls', 'verdict'],
  ['keys', 'verdict'],
  ['verdict', 'dim_customer', 'pass'],
  ['verdict', 'dim_product', 'pass'],
  ['verdict', 'snapshot_inventory', 'pass'],
  ['verdict', 'quarantine_rows', 'fail'],
  ['dim_customer', 'fct_orders'],
  ['dim_product', 'fct_orders'],
  ['fct_orders', 'fct_refunds'],
  ['snapshot_inventory', 'refresh_views'],
  ['fct_refunds', 'refresh_views'],
  ['refresh_views', 'bi_extract'],
  ['refresh_views', 'notify'],
  ['bi_extract', 'close_session'],
  ['notify', 'close_session'],
]
export const RETAIL_EDGES: Edge[] = [
  ...EDGES.map(([from, to, label]) => ({
    from: idOf(from),
    to: idOf(to),
    label: label ?? null,
    is_setup_teardown: false,
  })),
  { from: idOf('open_session'), to: idOf('close_session'), label: null, is_setup_teardown: true },
]

/** What broke in which run, counted from the newest (0). */
const BROKEN = new Map([
  [4, 'load_raw'],
  [13, 'keys'],
  [26, 'pull_invoices'],
  [70, 'dedupe'],
])
const QUARANTINED = new Set([8, 21])

const NOT_BEGUN = RETAIL_TREE.map((node): Cell => (node.kind === 'group' ? { counts: { none: 1 } } : 'none'))

/** As they are after the acts. */
export function retailRuns(now: number): GridRun[] {
  const waiting = addedRuns(RETAIL).map((run) => aGridRun({ ...run, version_number: 43, cells: NOT_BEGUN }))
  return [...drawnRuns(now), ...waiting]
    .map((run) => changedGridRun(RETAIL, run, RETAIL_TREE))
    .filter((run) => run !== null)
}

function drawnRuns(now: number): GridRun[] {
  const random = noise(7)
  const newest = Math.floor(now / HOUR) * HOUR + 15 * MINUTE - (now % HOUR < 15 * MINUTE ? HOUR : 0)
  return Array.from({ length: RUNS }, (_, i) => {
    const back = RUNS - 1 - i
    const start = newest - back * HOUR
    const minutes = BROKEN.has(back) ? 22 + random() * 6 : 38 + random() * 12
    const state = back === 0 ? 'running' : BROKEN.has(back) ? 'failed' : 'success'
    return aGridRun({
      run_id: `${back === 5 || back === 10 ? 'manual' : back === 23 ? 'asset_triggered' : 'scheduled'}__${new Date(start).toISOString().slice(0, 19)}+00:00`,
      run_type: back === 5 || back === 10 ? 'asset_triggered' : back === 23 ? 'manual' : 'scheduled',
      state,
      run_after: start,
      logical_date: start - HOUR,
      start,
      end: back === 0 ? null : start + minutes * MINUTE,
      version_number: back < 16 ? 43 : 42,
      cells: cellsOf(back),
    })
  })
}

function cellsOf(back: number): Cell[] {
  const plain = RETAIL_TREE.map((node, i) => (node.kind === 'group' ? null : stateOf(node.label, i, back)))
  return RETAIL_TREE.map((node, i): Cell => {
    if (node.kind === 'group') return groupCell(i, plain)
    const state = plain[i] ?? null
    const mapped = LINES[i]?.[2] ?? 0
    if (mapped <= 0 || state === null) return state
    if (state === 'failed')
      return {
        counts: node.label === 'load_raw' ? { success: 91, failed: 3, skipped: 2 } : { success: mapped - 1, failed: 1 },
      }
    return { counts: { [state]: state === 'none' ? 1 : mapped } }
  })
}

function groupCell(group: number, plain: (TaskState | null)[]): Cell {
  const counts: Counts = {}
  for (const [i, state] of plain.entries())
    if (state !== null && isInside(i, group)) counts[state] = (counts[state] ?? 0) + 1
  return { counts }
}

function isInside(node: number, group: number): boolean {
  for (let at = RETAIL_TREE[node]?.parent ?? null; at !== null; at = RETAIL_TREE[at]?.parent ?? null)
    if (at === group) return true
  return false
}

const NOW_STATES: Record<string, TaskState> = {
  quarantine_rows: 'skipped',
  dim_customer: 'success',
  dim_product: 'running',
  snapshot_inventory: 'running',
  fct_orders: 'queued',
  fct_refunds: 'none',
  refresh_views: 'none',
  notify: 'none',
  bi_extract: 'none',
  close_session: 'none',
}

function stateOf(name: string, index: number, back: number): TaskState | null {
  if (name === 'snapshot_inventory' && back >= 16) return null
  if (back === 0) return NOW_STATES[name] ?? 'success'
  if (name === 'close_session') return 'success'
  const broken = BROKEN.get(back)
  const at = broken === undefined ? Infinity : RETAIL_TREE.findIndex((node) => node.label === broken)
  if (index === at) return 'failed'
  if (index > at && broken !== 'keys') return name === 'pull_payments' ? 'success' : 'upstream_failed'
  if (index > at) return name === 'verdict' ? 'success' : name === 'quarantine_rows' ? 'failed' : 'skipped'
  const verdict = RETAIL_TREE.findIndex((node) => node.label === 'verdict')
  if (QUARANTINED.has(back) && index > verdict) return name === 'quarantine_rows' ? 'success' : 'skipped'
  return name === 'quarantine_rows' ? 'skipped' : 'success'
}

export function retailGrid(now: number, runs: number, before: number | null, version: number): Grid {
  const all = retailRuns(now)
  const end = before === null ? all.length : all.filter((run) => run.run_after < before).length
  const from = Math.max(0, end - runs)
  return {
    version,
    tree: RETAIL_TREE,
    runs: all.slice(from, end),
    total_runs: { count: all.length, or_more: false },
    has_older: from > 0,
  }
}
