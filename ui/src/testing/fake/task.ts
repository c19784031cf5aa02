import type { Attempt, DagRow, TaskInstanceDetail, TaskState } from '@/api/contract'
import { noise } from '../random'
import { HOUR, MINUTE } from '../builders'
import { instancesIn } from './changes'
import { edgesOf, historyOf, treeOf } from './history'
import { Refusal } from './refusal'
import { fakeUsage } from './usage'

export function fakeTask(
  row: DagRow,
  runId: string,
  taskId: string,
  mapIndex: number,
  now: number,
  version: number,
): TaskInstanceDetail {
  const runs = historyOf(row, now)
  const tree = treeOf(row.dag_id)
  const edges = edgesOf(row.dag_id)
  const run = runs.find((one) => one.run_id === runId)
  if (!run) throw new Refusal(404, 'The run was not found')
  const index = tree.findIndex((node) => node.id === taskId)
  const node = tree[index]
  const whole = run.cells[index] ?? 'none'
  const cell = mapIndex < 0 ? whole : (instancesIn(taskId, whole)[mapIndex]?.state ?? 'none')
  const counts = typeof cell === 'object' ? cell.counts : null
  const state: TaskState =
    typeof cell === 'string'
      ? cell
      : (counts?.failed ?? 0) > 0
        ? 'failed'
        : ((Object.keys(counts ?? {})[0] ?? 'none') as TaskState)
  const began =
    state === 'none' || state === 'queued' || state === 'upstream_failed' || state === 'skipped'
      ? null
      : run.run_after + 13 * MINUTE
  const ended = began === null || state === 'running' ? null : began + 10.3 * MINUTE
  const { version_number } = run
  const total = counts ? Object.values(counts).reduce((sum, n) => sum + n, 0) : 0
  return {
    version,
    dag_id: row.dag_id,
    run_id: run.run_id,
    task_id: taskId,
    map_index: mapIndex,
    run,
    state,
    label: null,
    operator: node?.operator ?? 'PythonOperator',
    pool: 'warehouse',
    pool_slots: 1,
    queue: 'default',
    priority_weight: 6,
    trigger_rule: node?.trigger_rule ?? 'all_success',
    max_tries: 3,
    try_number: 1,
    queued: began === null ? (state === 'queued' ? now - 68_000 : null) : began - 108_000,
    start: began,
    end: ended,
    not_before: null,
    execution_timeout: 15 * MINUTE,
    retry_delay: 2 * MINUTE,
    attempts: began === null ? [] : [attempt(state, began, ended)],
    rendered_fields: { stage: '@RAW.LANDING', table: 'RAW.ORDERS' },
    templates: { stage: '@RAW.LANDING', table: 'RAW.{{ params.table }}' },
    xcoms: [{ key: 'return_value', type: 'dict', preview: '{"rows": 184220}', bytes: 1126 }],
    upstream: edges.filter((edge) => edge.to === taskId).map((edge) => edge.from),
    downstream: edges.filter((edge) => edge.from === taskId).map((edge) => edge.to),
    mapped: mapIndex < 0 && counts && node?.is_mapped ? { total, counts, failed: failedOf(counts.failed ?? 0) } : null,
    history: runs.slice(-36).map((one, i) => history(one.run_id, one.cells[index] ?? null, i)),
    version_number,
  }
}

function attempt(state: TaskState, start: number, end: number | null): Attempt {
  const bad = state === 'failed'
  return {
    try_number: 1,
    state,
    queued: start - 108_000,
    start,
    end,
    exit_status: end === null ? null : bad ? -9 : 0,
    reason: bad ? 'Out of memory, limit 2.0 GiB' : null,
    hostname: 'worker-07',
    pid: 4711,
    user_cpu: end === null ? null : 41_200,
    system_cpu: end === null ? null : 3_100,
    max_rss_bytes: end === null ? null : 2 * 1024 ** 3,
    usage: fakeUsage(
      78,
      8_000,
      (t) => 0.3 + Math.sin(t * 9) * 0.2,
      (t) => 0.4 + t * 1.5,
    ),
  }
}

function failedOf(total: number) {
  const reasons = [
    'Out of memory, limit 2.0 GiB',
    'Out of memory, limit 2.0 GiB',
    'OperationalError: server closed the connection',
  ]
  return Array.from({ length: total }, (_, i) => ({
    map_index: [17, 37, 64][i] ?? i,
    label: null,
    state: 'failed' as const,
    duration: 3 * MINUTE,
    reason: reasons[i] ?? null,
  }))
}

function history(runId: string, cell: TaskState | object | null, i: number) {
  const random = noise(i)
  const state: TaskState = cell === null ? 'none' : typeof cell === 'string' ? cell : i === 31 ? 'failed' : 'success'
  const none = state === 'upstream_failed' || state === 'none' || state === 'skipped' || state === 'queued'
  return { run_id: runId, state, duration: none ? null : ((6.2 + random() * 1.8 + (i === 31 ? 3 : 0)) * HOUR) / 60 }
}
