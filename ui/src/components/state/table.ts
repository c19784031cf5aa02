import type { Counts, RunType, TaskState } from '@/api/contract'

/** What a state says, as six colours. */
export type Family = 'ok' | 'bad' | 'run' | 'retry' | 'wait' | 'idle'

export interface StateInfo {
  /** Severity: what stands for many shows the lowest number among them. Also the order "failed first". */
  order: number
  family: Family
  label: string
  /** In a sentence. */
  says: string
}

/** A state missing here does not compile. */
export const STATES: Record<TaskState, StateInfo> = {
  failed: { order: 1, family: 'bad', label: 'Failed', says: 'ended badly, no tries left' },
  upstream_failed: { order: 2, family: 'bad', label: 'Upstream failed', says: 'never ran, something before it failed' },
  up_for_retry: { order: 3, family: 'retry', label: 'Up for retry', says: 'failed, will run again at a known time' },
  awaiting_input: { order: 4, family: 'wait', label: 'Awaiting input', says: 'a person has to answer' },
  restarting: { order: 5, family: 'run', label: 'Restarting', says: 'cleared while it ran' },
  running: { order: 6, family: 'run', label: 'Running', says: 'runs now' },
  deferred: { order: 7, family: 'wait', label: 'Deferred', says: 'waits for a trigger, holds no slot' },
  up_for_reschedule: { order: 8, family: 'wait', label: 'Up for reschedule', says: 'sensor looks again later' },
  queued: { order: 9, family: 'idle', label: 'Queued', says: 'admitted, with the executor' },
  scheduled: { order: 10, family: 'idle', label: 'Scheduled', says: 'ready, waits for admission' },
  none: { order: 11, family: 'idle', label: 'No status', says: 'waits for what comes before it' },
  skipped: { order: 12, family: 'idle', label: 'Skipped', says: 'branch not taken, or skipped itself' },
  removed: { order: 13, family: 'idle', label: 'Removed', says: 'task left the DAG' },
  success: { order: 14, family: 'ok', label: 'Success', says: 'ended well' },
}

/** Worst first. */
export const STATES_IN_ORDER = (Object.keys(STATES) as TaskState[]).sort((a, b) => STATES[a].order - STATES[b].order)

export type { Counts }

export function worstOf(states: Iterable<TaskState>): TaskState | null {
  let worst: TaskState | null = null
  for (const state of states) if (worst === null || STATES[state].order < STATES[worst].order) worst = state
  return worst
}

/** The states that occur, worst first. */
export function statesIn(counts: Counts): TaskState[] {
  return STATES_IN_ORDER.filter((state) => (counts[state] ?? 0) > 0)
}

export function totalOf(counts: Counts): number {
  return Object.values(counts).reduce((sum, n) => sum + n, 0)
}

/** `3 failed, 91 success`. */
export function countsInWords(counts: Counts, separator = ', '): string {
  return statesIn(counts)
    .map((state) => `${String(counts[state])} ${STATES[state].label.toLowerCase()}`)
    .join(separator)
}

export const RUN_TYPES: Record<
  RunType,
  { label: string; /** Mark in the foot of its bar, 8 px box around 0, 0. */ mark: string | null }
> = {
  scheduled: { label: 'scheduled', mark: null },
  manual: { label: 'manual', mark: 'm-2-3 4.5 3-4.5 3z' },
  asset_triggered: { label: 'asset', mark: 'm0-3 3 3-3 3-3-3z' },
  backfill: { label: 'backfill', mark: 'M2.6 0A2.6 2.6 0 1 1 1.4-2.2L2.4-3v2.4H0l.8-.9A1.5 1.5 0 1 0 1.5 0z' },
  operator_triggered: { label: 'from another DAG', mark: 'M-3-3h1.2v3.4H.6V-1.2L3.4 1 .6 3.2V1.6H-3z' },
}
