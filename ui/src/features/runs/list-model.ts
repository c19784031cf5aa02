import type { RunFacts, RunState, RunType } from '@/api/contract'
import type { RunFilter } from './api/list'

const STATES: RunState[] = ['queued', 'running', 'success', 'failed']
const TYPES: RunType[] = ['scheduled', 'manual', 'backfill', 'asset_triggered', 'operator_triggered']

export function runFilterOf(params: URLSearchParams, dagId: string | null): RunFilter {
  return {
    dag_id: dagId ?? params.get('dag'),
    state: STATES.find((one) => one === params.get('state')) ?? null,
    run_type: TYPES.find((one) => one === params.get('type')) ?? null,
  }
}

/** `58 %` of the usual duration; null when either is not known. */
export function shareOfUsual(ran: number | null, usual: number | null): string | null {
  return ran === null || usual === null || usual <= 0 ? null : `${String(Math.round((ran / usual) * 100))} %`
}

/** A run among those of all DAGs. */
export const keyOf = (run: RunFacts) => `${run.dag_id} ${run.run_id}`
