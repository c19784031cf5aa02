import type { RunFacts, RunPage, TaskState } from '@/api/contract'
import { totalOf, type Counts } from '@/components/state/table'
import type { RunRef } from '@/lib/acts'

/** How far a run is, by task instances. */
export interface Progress {
  total: number
  success: number
  failed: number
  running: number
  /** Not begun, or waiting. */ left: number
  skipped: number
}

const RUNNING: TaskState[] = ['running', 'restarting']
const FAILED: TaskState[] = ['failed', 'upstream_failed']
const SKIPPED: TaskState[] = ['skipped', 'removed']

export function progressOf(counts: Counts): Progress {
  const sum = (states: TaskState[]) => states.reduce((n, state) => n + (counts[state] ?? 0), 0)
  const total = totalOf(counts)
  const done = { success: counts.success ?? 0, failed: sum(FAILED), running: sum(RUNNING), skipped: sum(SKIPPED) }
  return { ...done, total, left: total - done.success - done.failed - done.running - done.skipped }
}

/** The runs before and after one, among the newest; null where none is known. */
export function neighboursOf(
  page: RunPage | undefined,
  runId: string,
): { before: RunFacts | null; after: RunFacts | null } {
  const runs = page?.runs ?? []
  const at = runs.findIndex((run) => run.run_id === runId)
  return at < 0 ? { before: null, after: null } : { before: runs[at + 1] ?? null, after: runs[at - 1] ?? null }
}

/** How much earlier the server's clock is than ours, from when its answer came. */
export function clockSkew(serverNow: number, answeredAt: number): number {
  return answeredAt === 0 ? 0 : serverNow - answeredAt
}

/** A run as what an act is about. */
export function runRef({ dag_id, run_id, run_after, state, counts }: RunFacts): RunRef {
  return { dagId: dag_id, runId: run_id, runAfter: run_after, state, counts }
}
