import type { Explanation, Holder } from '@/api/contract'
import { aBlocker, aHolder, MINUTE } from '../builders'
import { RETAIL } from './retail'

const WAREHOUSE = 16

/** Why a task waits, as drawn: a full pool, held by its own run and others. */
export function fakeExplanation(runId: string, taskId: string, now: number, version: number): Explanation {
  const held = (dag_id: string, task_id: string, map_index: number, seconds: number): Holder =>
    aHolder({ dag_id, run_id: `${dag_id} run`, task_id, map_index, start: now - seconds * 1_000 })
  const mine = (task_id: string, seconds: number): Holder =>
    aHolder({ dag_id: RETAIL, run_id: runId, task_id, start: now - seconds * 1_000 })
  const holders = [
    mine('transform.dim_product', 141),
    mine('transform.snapshot_inventory', 153),
    ...Array.from({ length: 8 }, (_, i) => held('ads_attribution_daily', 'load', i, 400 - i * 13)),
    ...Array.from({ length: 6 }, (_, i) => held(i < 4 ? 'finance_gl_reconcile' : 'crm_sync', 'post', i, 90 - i)),
  ]
  const waits: Record<string, Explanation> = {
    'transform.fct_orders': {
      version,
      blockers: [
        aBlocker({
          kind: 'pool_full',
          message: 'pool warehouse is full: 16 of 16 slots are taken',
          until: now + 112_000,
          usage: { used: WAREHOUSE, own: 2, limit: WAREHOUSE },
          place: { type: 'pool', name: 'warehouse' },
          holders,
          ahead: 2,
        }),
        aBlocker({
          kind: 'parallelism',
          message: '64 of 64 task instances (parallelism) are active',
          usage: { used: 64, own: 14, limit: 64 },
          holders: holders.slice(0, 2),
          holders_total: 64,
        }),
      ],
      met: [
        { condition: 'run_active', message: 'the run is active' },
        { condition: 'upstream', message: 'upstream 2 of 2' },
        { condition: 'trigger_rule', message: 'trigger rule all_success' },
        { condition: 'dag_active', message: 'the DAG is active' },
        { condition: 'max_active_tasks', message: '14 of 32 task instances of the run (max_active_tasks)' },
      ],
    },
    'transform.fct_refunds': {
      version,
      blockers: [
        aBlocker({
          kind: 'upstream',
          message: 'trigger rule all_success waits for transform.fct_orders, stage.load_raw',
          holders: [
            { type: 'upstream', task_id: 'stage.load_raw', state: null, done: 12, active: 8, total: 96 },
            { type: 'upstream', task_id: 'transform.fct_orders', state: 'scheduled', done: 0, active: null, total: 1 },
          ],
        }),
      ],
      met: [
        { condition: 'run_active', message: 'the run is active' },
        { condition: 'dag_active', message: 'the DAG is active' },
      ],
    },
    extract: {
      version,
      blockers: [
        aBlocker(),
        aBlocker({
          kind: 'max_active_runs',
          message: '16 of 16 active runs (max_active_runs) are running',
          usage: { used: 16, own: 0, limit: 16 },
          place: { type: 'dag', dag_id: RETAIL },
          holders: [{ type: 'run', dag_id: RETAIL, run_id: 'manual__1', start: now - 30 * MINUTE }],
          holders_total: 16,
        }),
      ],
      met: [{ condition: 'run_due', message: 'the run is due' }],
    },
    'stage.load_raw': { version, blockers: [aBlocker({ kind: 'running', message: 'it is running' })], met: [] },
  }
  return waits[taskId] ?? { version, blockers: [], met: [] }
}
