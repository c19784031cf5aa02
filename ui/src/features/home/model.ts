import type { FailedRun, Home } from '@/api/contract'
import { duration } from '@/lib/durations'
import { links } from '@/lib/links'
import { SPANS, type SpanHours } from './api/home'

/** A span of time that the reader chose in the chart; `to` is not part of it. */
export interface TimeSpan {
  from: number
  to: number
}

export type ImportRow = Home['import_errors']['rows'][number]
export type Attention =
  | {
      kind: 'run'
      key: string
      /** The newest failed run of its DAG. */
      run: FailedRun
      /** All failed runs of the DAG, which this line stands for. */
      runs: FailedRun[]
    }
  | { kind: 'import'; key: string; error: ImportRow }

export type RunLine = Extract<Attention, { kind: 'run' }>

const within = (at: number, span: TimeSpan | null) => span === null || (at >= span.from && at < span.to)

/**
 * One line per DAG, its newest failure: what fails every five minutes must not hide the rest. DAGs whose newest run went
 * well come last.
 */
export function failedLines(rows: FailedRun[], span: TimeSpan | null): RunLine[] {
  const lines = new Map<string, RunLine>()
  for (const run of rows.filter((row) => within(row.end, span)).sort((a, b) => b.end - a.end)) {
    const line = lines.get(run.dag_id)
    if (line) line.runs.push(run)
    else lines.set(run.dag_id, { kind: 'run', key: `run ${run.dag_id}`, run, runs: [run] })
  }
  const all = [...lines.values()]
  return [...all.filter((line) => !isOver(line)), ...all.filter(isOver)]
}

/** Whether the DAG went well since. */
export const isOver = (line: RunLine) => line.run.good_since > 0

export function importLines(rows: ImportRow[], span: TimeSpan | null): Attention[] {
  return rows
    .filter((row) => within(row.seen, span))
    .map((error) => ({ kind: 'import', key: `import ${String(error.id)}`, error }))
}

/** `load[4]`; null when the run failed without a task. */
export function taskName(run: FailedRun): string | null {
  if (run.task_id === null) return null
  return run.map_index < 0 ? run.task_id : `${run.task_id}[${String(run.map_index)}]`
}

export function hrefOf(line: Attention): string {
  return line.kind === 'run'
    ? links.run(line.run.dag_id, line.run.run_id)
    : `${links.importErrors()}?id=${String(line.error.id)}`
}

/** Where the log is of what failed first; null where there is none. */
export function logHref(line: Attention): string | null {
  if (line.kind === 'import' || line.run.task_id === null) return null
  return links.task(line.run.dag_id, line.run.run_id, line.run.task_id, line.run.map_index)
}

export function spanOf(params: URLSearchParams): TimeSpan | null {
  const from = Number(params.get('from') ?? NaN)
  const to = Number(params.get('to') ?? NaN)
  return Number.isFinite(from) && Number.isFinite(to) && from < to ? { from, to } : null
}

export function hoursOf(params: URLSearchParams): SpanHours {
  return SPANS.find((hours) => String(hours) === params.get('hours')) ?? 24
}

const MINUTE = 60_000

/** An expected duration, no finer than it can be known: `1m 12s`, `~4m`, `~3h 05m`. */
export function about(ms: number): string {
  if (ms < 2 * MINUTE) return duration(ms)
  return ms < 60 * MINUTE ? `~${String(Math.round(ms / MINUTE))}m` : `~${duration(ms)}`
}
