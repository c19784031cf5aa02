import type { Attempt, TaskEvent, TaskInstanceDetail, TaskState } from '@/api/contract'
import { duration } from '@/lib/durations'
import { strings } from '@/lib/strings'

/** The value below which `share` of the values lie; null without values. */
export function percentile(values: number[], share: number): number | null {
  if (values.length === 0) return null
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null
}

export interface HistoryBar {
  x: number
  height: number
  state: TaskInstanceDetail['history'][number]['state']
}

/** A short history does not make walls of its bars. */
const BAR_WIDTH_MAX = 12

/** Bars of the last durations in a box; runs without a duration leave a gap. `median` is a height, too. */
export function historyBars(
  history: TaskInstanceDetail['history'],
  width: number,
  height: number,
): { bars: HistoryBar[]; barWidth: number; median: number | null; longest: number } {
  const longest = Math.max(0, ...history.map((one) => one.duration ?? 0))
  const step = width / Math.max(1, history.length)
  const scale = (duration: number) => Math.max(2, (duration / Math.max(1, longest * 1.1)) * height)
  const bars = history.flatMap((one, i) =>
    one.duration === null ? [] : [{ x: i * step, height: scale(one.duration), state: one.state }],
  )
  const median = percentile(durationsOf(history), 0.5)
  return {
    bars,
    barWidth: Math.max(1, Math.min(BAR_WIDTH_MAX, step - 2)),
    median: median === null ? null : scale(median),
    longest,
  }
}

export function durationsOf(history: TaskInstanceDetail['history']): number[] {
  return history.flatMap((one) => (one.duration === null ? [] : [one.duration]))
}

const SIGNALS: Record<number, string> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  13: 'SIGPIPE',
  15: 'SIGTERM',
}

/** `exit 1`, `SIGKILL`; null while nothing has ended. */
export function exitWords(attempt: Attempt): string | null {
  const status = attempt.exit_status
  if (status === null) return null
  return status < 0 ? (SIGNALS[-status] ?? strings.tasks.signal(-status)) : strings.tasks.exit(status)
}

/** How many cores a try used on average, until now if it runs; null when its time or its use is not known. */
export function coresOf(attempt: Attempt): string | null {
  const { user_cpu: user, system_cpu: system, start, end, usage } = attempt
  if (user !== null && system !== null && start !== null && end !== null && end > start)
    return ((user + system) / (end - start)).toFixed(2)
  if (!usage) return null
  return (usage.points.reduce((sum, [cores]) => sum + cores, 0) / usage.points.length).toFixed(2)
}

/** The most memory a try held. The kernel's figure is exact, but of its largest process alone. */
export function peakOf(attempt: Attempt): number | null {
  const seen = attempt.usage?.points.map(([, rss]) => rss) ?? []
  const known = attempt.max_rss_bytes === null ? seen : [attempt.max_rss_bytes, ...seen]
  return known.length === 0 ? null : Math.max(...known)
}

/** Between two looks at a running attempt at least. */
const LOOK_MS_MIN = 2_000

/** How often to ask again for what a running attempt uses, of which the event stream says nothing. */
export function lookMs(data: TaskInstanceDetail | undefined): number | false {
  const last = data?.attempts.at(-1)
  return last?.state === 'running' ? Math.max(LOOK_MS_MIN, last.usage?.interval ?? 0) : false
}

/** A duration that someone set: without parts that are zero (`15m`, `2h`). */
export function setDuration(ms: number): string {
  return duration(ms).replace(/ 00[smh]$/, '')
}

/** The templated fields of a task instance, in one of two ways. */
export interface Fields {
  way: FieldsWay
  entries: [name: string, value: unknown][]
  /** There is another way to show them. */
  hasChoice: boolean
}
export type FieldsWay = 'rendered' | 'templates'

/** As rendered, unless templates are asked for and known. */
export function fieldsOf({ rendered_fields, templates }: TaskInstanceDetail, asked: string | null): Fields {
  const hasChoice = templates !== null
  const way = hasChoice && asked === 'templates' ? 'templates' : 'rendered'
  return { way, entries: Object.entries((way === 'templates' ? templates : rendered_fields) ?? {}), hasChoice }
}

/** Who did it, in which try, and what it says of itself. */
export function eventWords({ owner, try_number, detail }: TaskEvent): string {
  const words = strings.tasks
  return [
    owner === null ? '' : words.by(owner),
    try_number === null || try_number === 0 ? '' : words.inTryOnly(try_number),
    detail ?? '',
  ]
    .filter((one) => one !== '')
    .join(' · ')
}

/** Something has to happen before it goes on. */
export function isWaiting(state: TaskState): boolean {
  return (
    state === 'none' ||
    state === 'scheduled' ||
    state === 'queued' ||
    state === 'up_for_retry' ||
    state === 'up_for_reschedule' ||
    state === 'deferred' ||
    state === 'awaiting_input'
  )
}

/** The instances of a mapped task asked as a whole; null for one instance, and while there are none yet. */
export function expandedOf(data: TaskInstanceDetail): NonNullable<TaskInstanceDetail['mapped']> | null {
  return data.map_index < 0 && data.mapped !== null && data.mapped.total > 0 ? data.mapped : null
}

/** It never ran in this run, and will not. */
export function neverRan(data: TaskInstanceDetail): boolean {
  return (
    (data.state === 'skipped' || data.state === 'upstream_failed' || data.state === 'removed') &&
    data.attempts.every((attempt) => attempt.start === null)
  )
}

/** Since when it waits as it does, as far as that is known. */
export function waitingSince(data: TaskInstanceDetail): number | null {
  if (data.state === 'queued') return data.queued
  if (
    data.state === 'up_for_retry' ||
    data.state === 'deferred' ||
    data.state === 'awaiting_input' ||
    data.state === 'up_for_reschedule'
  )
    return data.end ?? data.start
  return null
}

export interface NextTry {
  number: number
  /** When it starts, if that is known. */ at: number | null
  /** How long after a failure it would start. */ after: number | null
}

/** The try that comes next: it is due, or it would follow if the current one failed. */
export function nextTry(data: TaskInstanceDetail): NextTry | null {
  const last = data.attempts.at(-1)
  if (!last || last.try_number > data.max_tries) return null
  if (data.state === 'up_for_retry') return { number: last.try_number + 1, at: data.not_before, after: null }
  if (data.state === 'running' && data.retry_delay !== null)
    return { number: last.try_number + 1, at: null, after: data.retry_delay }
  return null
}
