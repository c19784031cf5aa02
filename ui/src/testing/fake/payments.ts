import type { Attempt, MappedInstance, MappedPage, TaskInstanceDetail, TaskState } from '@/api/contract'
import { aRunBar, MINUTE } from '../builders'
import { stateAfter } from './changes'
import { fakeUsage } from './usage'

/** The task instance of the drawing: number 37 of 96, in its third try. */
export const PAYMENTS = 'payments_ledger_hourly'
export const PAYMENTS_INSTANCES = 96
const GIB = 1024 ** 3

const started = (now: number) => now - 3 * MINUTE - 34_000

export function fakePayments(
  runId: string,
  taskId: string,
  mapIndex: number,
  now: number,
  version: number,
): TaskInstanceDetail {
  const single = mapIndex >= 0
  const attempts = single ? attemptsOf(now) : []
  const stateAt = (i: number) => paymentState(runId, taskId, i)
  const all = Array.from({ length: PAYMENTS_INSTANCES }, (_, i) => stateAt(i))
  const counts: Partial<Record<TaskState, number>> = {}
  for (const one of all) counts[one] = (counts[one] ?? 0) + 1
  return {
    version,
    dag_id: PAYMENTS,
    run_id: runId,
    task_id: taskId,
    map_index: mapIndex,
    run: aRunBar({
      run_id: runId,
      state: 'running',
      run_after: now - 42 * MINUTE,
      start: now - 42 * MINUTE,
      end: null,
    }),
    state: single ? stateAt(mapIndex) : (counts.failed ?? 0) > 0 ? 'failed' : stateAt(0),
    label: single ? labelOf(mapIndex) : null,
    operator: 'CopyIntoOperator',
    pool: 'warehouse',
    pool_slots: 1,
    queue: 'default',
    priority_weight: 6,
    trigger_rule: 'all_success',
    max_tries: 3,
    try_number: attempts.length,
    queued: started(now) - 38_000,
    start: single ? started(now) : null,
    end: null,
    not_before: null,
    execution_timeout: 15 * MINUTE,
    retry_delay: 2 * MINUTE,
    attempts,
    rendered_fields: {
      stage: '@RAW.LANDING',
      table: 'RAW.PAYMENTS',
      files: ['2026-11-19/eu-west/payments_037.parquet'],
      file_format: '(TYPE = PARQUET)',
      on_error: 'skip_file_3%',
      'env.TOKEN': '***',
    },
    templates: null,
    xcoms: [
      {
        key: 'return_value',
        type: 'dict',
        preview: '{"rows": 184220, "bytes": 421527552, "rejected": 12}',
        bytes: 1_004,
      },
      { key: 'skipped_rows', type: 'int', preview: '12', bytes: 2 },
      { key: 'manifest', type: 'str', preview: 's3://lake/raw/payments/2026-11-19/eu-west/manifest.json', bytes: 57 },
    ],
    upstream: ['extract.list_files'],
    downstream: ['stage.dedupe'],
    mapped: single
      ? null
      : {
          total: PAYMENTS_INSTANCES,
          counts,
          failed: all.flatMap((state, i) => (state === 'failed' ? [instance(runId, taskId, i)] : [])),
        },
    history: [],
    version_number: 12,
  }
}

function attemptsOf(now: number): Attempt[] {
  const one = (over: Partial<Attempt>): Attempt => ({
    try_number: 1,
    state: 'failed',
    queued: null,
    start: null,
    end: null,
    exit_status: null,
    reason: null,
    hostname: 'worker-03',
    pid: 4_711,
    user_cpu: null,
    system_cpu: null,
    max_rss_bytes: null,
    usage: null,
    ...over,
  })
  const first = started(now) - 13 * MINUTE
  const second = started(now) - 5.4 * MINUTE
  return [
    one({
      queued: first - 20_000,
      start: first,
      end: first + 192_000,
      exit_status: -9,
      reason: 'Out of memory',
      user_cpu: 121_000,
      system_cpu: 15_000,
      max_rss_bytes: 2 * GIB,
      usage: fakeUsage(
        96,
        2_000,
        (t) => 0.53 + t * 0.35,
        (t) => 0.35 + t * t * 1.65,
      ),
    }),
    one({
      try_number: 2,
      queued: second - 9_000,
      start: second,
      end: second + 41_000,
      exit_status: 1,
      reason: 'OperationalError: server closed the connection',
      hostname: 'worker-11',
      user_cpu: 11_000,
      system_cpu: 2_500,
      max_rss_bytes: 0.9 * GIB,
      usage: fakeUsage(
        41,
        1_000,
        (t) => 0.3 + Math.sin(t * 12) * 0.12,
        (t) => 0.3 + t * 0.58,
      ),
    }),
    one({
      try_number: 3,
      state: 'running',
      queued: started(now) - 38_000,
      start: started(now),
      hostname: 'worker-07',
      usage: fakeUsage(
        107,
        2_000,
        (t) => (t > 0.52 && t < 0.8 ? 0.06 : 0.55 + Math.sin(t * 16) * 0.22),
        (t) => 0.35 + Math.min(t * 1.6, 1.05) + Math.sin(t * 22) * 0.01,
      ),
    }),
  ]
}

const stateOf = (i: number): TaskState => (i === 37 ? 'running' : i === 17 || i === 64 ? 'failed' : 'success')
/** As it is after the acts. */
export const paymentState = (runId: string, taskId: string, i: number) =>
  stateAfter(PAYMENTS, runId, { taskId, mapIndex: i, state: stateOf(i) })
const labelOf = (i: number) => `2026-11-19/eu-west/payments_${String(i).padStart(3, '0')}.parquet`

function instance(runId: string, taskId: string, i: number): MappedInstance {
  const state = paymentState(runId, taskId, i)
  return {
    map_index: i,
    label: labelOf(i),
    state,
    duration: state === 'running' ? null : (1 + (i % 7) / 5) * MINUTE,
    reason: state === 'failed' ? 'Out of memory, limit 2.0 GiB' : null,
  }
}

export function fakeMapped(runId: string, taskId: string, query: URLSearchParams): MappedPage {
  const offset = Number(query.get('offset') ?? 0)
  const limit = Number(query.get('limit') ?? 100)
  return {
    total: PAYMENTS_INSTANCES,
    instances: Array.from({ length: Math.max(0, Math.min(limit, PAYMENTS_INSTANCES - offset)) }, (_, i) =>
      instance(runId, taskId, offset + i),
    ),
  }
}
