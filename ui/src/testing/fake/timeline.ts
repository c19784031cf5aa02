import type {
  Cell,
  Counts,
  GridRun,
  Segment,
  SegmentKind,
  TaskState,
  Timeline,
  TimelineRow,
  TreeNode,
} from '@/api/contract'
import { aRunFacts, MINUTE } from '../builders'
import { runNote } from './changes'
import { treeOf } from './history'
import { fakePools } from './profile'
import { idOf, RETAIL, RETAIL_TREE, retailRuns } from './retail'

type Piece = [kind: SegmentKind, from: number, to: number]

/** Minutes of the drawing; the run is drawn as far as it has come. */
const NOW = 27.3
const END = 45.9
const PIECES: Record<string, Piece[]> = {
  wait_for_exports: [
    ['run', 0, 0.2],
    ['deferred', 0.2, 3],
    ['run', 3, 3.17],
  ],
  open_session: [['run', 3.2, 3.45]],
  list_shards: [['run', 3.45, 4.05]],
  pull_payments: [
    ['run', 3.4, 3.5],
    ['failed', 3.5, 5.1],
    ['delay', 5.1, 7.1],
    ['run', 7.1, 9.05],
  ],
  check_counts: [['run', 13.3, 13.65]],
  dedupe: [
    ['queued', 21.83, 22.05],
    ['run', 22.05, 23],
  ],
  row_counts: [['run', 23, 23.5]],
  schema: [['run', 23, 23.9]],
  keys: [
    ['queued', 23, 23.4],
    ['run', 23.4, 24.1],
  ],
  verdict: [['run', 24.68, 24.75]],
  dim_customer: [['run', 24.75, 26.17]],
  dim_product: [
    ['queued', 24.75, 24.95],
    ['run', 24.95, 28.87],
  ],
  snapshot_inventory: [['run', 24.75, 31]],
  fct_orders: [
    ['slot', 26.17, 29.17],
    ['run', 29.17, 36],
  ],
  fct_refunds: [['run', 36, 39.5]],
  refresh_views: [['run', 39.5, 42]],
  notify: [['run', 42, 42.1]],
  close_session: [['run', 45.7, 45.9]],
}
const MAPPED: Record<string, [from: number, to: number]> = {
  pull_orders: [4.05, 11.5],
  pull_refunds: [4.05, 6.8],
  pull_invoices: [3.45, 13.3],
  load_raw: [13.68, 21.83],
  nulls: [23, 24.68],
  bi_extract: [42, 45.7],
}
const PATH = [
  'wait_for_exports',
  'open_session',
  'pull_invoices',
  'check_counts',
  'load_raw',
  'dedupe',
  'nulls',
  'verdict',
  'dim_customer',
  'fct_orders',
  'fct_refunds',
  'refresh_views',
  'bi_extract',
  'close_session',
]

export function fakeTimeline(runId: string, now: number, version: number): Timeline {
  const runs = retailRuns(now)
  const run = runs.find((one) => one.run_id === runId) ?? runs.at(-1)
  if (!run) throw new Error('the fake DAG has no runs')
  const begin = run.start ?? now
  const here = run.end === null ? NOW : END
  const scale = ((run.end ?? now) - begin) / (here * MINUTE)
  const at = (minute: number) => Math.round(begin + minute * MINUTE * scale)
  const live = run.end === null
  const rows = RETAIL_TREE.map((node, i): TimelineRow => {
    const cell = run.cells[i] ?? null
    if (isAbsent(cell)) return { node: i, cell, segments: [], start: null, end: null }
    if (typeof cell === 'object' && cell?.counts.upstream_failed !== undefined && RETAIL_TREE[i]?.kind === 'task')
      return { node: i, cell, segments: [], start: null, end: null }
    if (cell === 'skipped' || cell === 'upstream_failed')
      return { node: i, cell, segments: [], start: at(24.75), end: at(24.75) }
    const mapped = MAPPED[node.label]
    if (mapped)
      return { node: i, cell, segments: [], start: at(mapped[0]), end: live && mapped[1] > here ? null : at(mapped[1]) }
    const segments = (PIECES[node.label] ?? [])
      .filter(([, from]) => from < here)
      .map(([kind, from, to]): Segment => ({
        kind: cell === 'failed' && kind === 'run' ? 'failed' : kind,
        from: at(from),
        to: live && to > here ? null : at(to),
      }))
    return {
      node: i,
      cell,
      segments,
      start: segments.find((one) => one.kind === 'run' || one.kind === 'failed')?.from ?? null,
      end: segments.at(-1)?.to ?? null,
    }
  })
  for (let i = rows.length - 1; i >= 0; i -= 1) enclose(rows, i)
  const begun = new Set(
    rows.flatMap((row) =>
      row.segments.length > 0 || (typeof row.cell === 'object' && row.start !== null)
        ? [RETAIL_TREE[row.node]?.id]
        : [],
    ),
  )
  const { cells, ...bar } = run
  const facts = aRunFacts({
    ...bar,
    dag_id: RETAIL,
    typical_duration: 46 * MINUTE,
    counts: countsOf(cells, RETAIL_TREE),
    note: runNote(RETAIL, run.run_id) ?? null,
    conf: { shards: [3, 5], full_refresh: false, note: '<b>late</b> files' },
  })
  return {
    version,
    now,
    run: facts,
    tree: RETAIL_TREE,
    pools: fakePools(RETAIL_TREE),
    rows,
    critical_path: PATH.map(idOf).filter((id) => begun.has(id)),
  }
}

export const timelineOf = (dagId: string, run: GridRun, now: number, version: number): Timeline =>
  dagId === RETAIL ? fakeTimeline(run.run_id, now, version) : plainTimeline(dagId, run, now, version)

/** Of every other DAG: three tasks, one after the other. */
function plainTimeline(dagId: string, run: GridRun, now: number, version: number): Timeline {
  const tree = treeOf(dagId)
  const third = ((run.end ?? now) - (run.start ?? now)) / 3
  const rows = run.cells.map((cell, i): TimelineRow => {
    if (run.start === null || cell === 'none' || cell === 'skipped')
      return { node: i, cell, segments: [], start: null, end: null }
    const from = run.start + i * third
    const end = cell === 'running' ? null : from + third
    return {
      node: i,
      cell,
      segments: [{ kind: cell === 'failed' ? 'failed' : 'run', from, to: end }],
      start: from,
      end,
    }
  })
  const { cells, ...bar } = run
  const facts = aRunFacts({
    ...bar,
    dag_id: dagId,
    counts: countsOf(cells, tree),
    note: runNote(dagId, run.run_id) ?? null,
  })
  const pools = fakePools(tree)
  return {
    version,
    now,
    run: facts,
    tree,
    pools,
    rows,
    critical_path: run.start === null ? [] : tree.map((node) => node.id),
  }
}

const isAbsent = (cell: Cell): boolean =>
  cell === null || cell === 'none' || (typeof cell === 'object' && (cell.counts.none ?? 0) > 0)

/** A group begins with its first task and ends with its last; children come after their group. */
function enclose(rows: TimelineRow[], index: number): void {
  const group = rows[index]
  if (!group || RETAIL_TREE[index]?.kind !== 'group') return
  const inside = rows.filter((row) => RETAIL_TREE[row.node]?.parent === index)
  const begins = inside.flatMap((row) => row.segments[0]?.from ?? row.start ?? [])
  const goesOn = inside.some((row) => (row.segments.length > 0 ? row.segments.at(-1)?.to === null : row.end === null))
  group.start = begins.length === 0 ? null : Math.min(...begins)
  group.end = goesOn || begins.length === 0 ? null : Math.max(...inside.map((row) => row.end ?? 0))
}

export function countsOf(cells: Cell[], tree: TreeNode[]): Counts {
  const counts: Counts = {}
  cells.forEach((cell, i) => {
    if (cell === null || tree[i]?.kind === 'group') return
    const each = typeof cell === 'string' ? { [cell]: 1 } : cell.counts
    for (const [state, n] of Object.entries(each) as [TaskState, number][]) counts[state] = (counts[state] ?? 0) + n
  })
  return counts
}
