import type { Explanation } from '@/api/contract'
import { MINUTE } from '../builders'
import { fakeLog, fakeSearch } from './log'
import { fakeMapped, fakePayments, PAYMENTS } from './payments'
import { rowOf, runOf } from './history'
import { fakeProfile } from './profile'
import type { Peek, Route } from './refusal'
import { RETAIL } from './retail'
import { fakeTask } from './task'
import { fakeTimeline, plainTimeline } from './timeline'

/** A run over time, its task instances, their logs and what they wait for. */
export function taskRoutes(peek: Peek): Route[] {
  const logStart = () => peek().now - 3 * MINUTE - 34_000
  return [
    [
      'GET',
      /^\/ui\/runs\/([^/]+)\/([^/]+)\/timeline$/,
      ([dagId = '', runId = '']) => {
        const { now, version } = peek()
        const run = runOf(peek, dagId, runId)
        return dagId === RETAIL ? fakeTimeline(run.run_id, now, version) : plainTimeline(dagId, run, now, version)
      },
    ],
    [
      'GET',
      /^\/ui\/runs\/([^/]+)\/([^/]+)\/profile$/,
      ([, runId = '']) => fakeProfile(fakeTimeline(runId, peek().now, peek().version)),
    ],
    [
      'GET',
      /^\/ui\/task-instances\/([^/]+)\/([^/]+)\/([^/]+)$/,
      ([dagId = '', runId = '', taskId = ''], query) => {
        const { now, version } = peek()
        return dagId === PAYMENTS
          ? fakePayments(runId, taskId, Number(query.get('map_index') ?? -1), now, version)
          : fakeTask(rowOf(peek, dagId), runId, taskId, Number(query.get('map_index') ?? -1), now, version)
      },
    ],
    [
      'GET',
      /^\/ui\/task-instances\/[^/]+\/([^/]+)\/([^/]+)\/mapped$/,
      ([runId = '', taskId = ''], query) => fakeMapped(runId, taskId, query),
    ],
    [
      'GET',
      /^\/ui\/explain\/([^/]+)\/([^/]+)\/([^/]+)\/(-?\d+)$/,
      ([, , taskId = '']) => explain(taskId, peek().now, peek().version),
    ],
    ['GET', /^\/ui\/logs\/[^/]+\/[^/]+\/([^/]+)\/\d+$/, ([taskId = ''], query) => fakeLog(taskId, logStart(), query)],
    [
      'GET',
      /^\/ui\/logs\/[^/]+\/[^/]+\/([^/]+)\/\d+\/search$/,
      ([taskId = ''], query) => fakeSearch(taskId, logStart(), query),
    ],
  ]
}

function explain(taskId: string, now: number, version: number): Explanation {
  const waits: Record<string, Explanation['blockers']> = {
    'transform.fct_orders': [
      { kind: 'pool_full', message: 'pool warehouse is full: 16 of 16 slots are taken', until: now + 112_000 },
      {
        kind: 'max_active_tasks',
        message: '32 of 32 task instances of the run (max_active_tasks) are active',
        until: null,
      },
    ],
    'transform.fct_refunds': [
      { kind: 'upstream', message: 'trigger rule all_success waits for transform.fct_orders', until: null },
    ],
    extract: [
      { kind: 'run_queued', message: 'its run has not started', until: null },
      { kind: 'max_active_runs', message: '16 of 16 active runs (max_active_runs) are running', until: null },
    ],
    'stage.load_raw': [{ kind: 'running', message: 'it is running', until: null }],
  }
  return { version, blockers: waits[taskId] ?? [] }
}
