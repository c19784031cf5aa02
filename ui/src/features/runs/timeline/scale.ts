import type { Timeline } from '@/api/contract'
import { beginOf, endOf } from './ends'

/** What part of the run is shown, in milliseconds. */
export interface Span {
  from: number
  to: number
}

/** Room beside the first and the last bar, px. */
export const PAD = 8
const SPAN_MS_MIN = 200
/** Room behind the end for what is written beside the last bars. */
const LABEL_SHARE = 0.12

/** The whole run, with room for labels behind it. */
export function wholeOf(timeline: Timeline, now: number): Span {
  const { run } = timeline
  const begins = timeline.rows.flatMap((row) => beginOf(row) ?? [])
  const ends = timeline.rows.flatMap((row) => endOf(row) ?? [])
  const from = Math.min(run.start ?? run.queued ?? run.run_after, ...begins)
  const last = Math.max(run.end ?? now, ...ends)
  const to = Math.max(last, from + SPAN_MS_MIN)
  return { from, to: to + (to - from) * LABEL_SHARE }
}

export class Scale {
  readonly span: Span
  readonly width: number
  private readonly pxPerMs: number

  constructor(span: Span, width: number) {
    this.span = span
    this.width = width
    this.pxPerMs = Math.max(1, width - 2 * PAD) / Math.max(1, span.to - span.from)
  }

  x(at: number): number {
    return PAD + (at - this.span.from) * this.pxPerMs
  }

  at(x: number): number {
    return this.span.from + (x - PAD) / this.pxPerMs
  }
}

/** Closer or further by a factor around an instant, within the whole. */
export function zoomed(span: Span, whole: Span, factor: number, around: number): Span {
  const length = Math.min(whole.to - whole.from, Math.max(SPAN_MS_MIN, (span.to - span.from) * factor))
  const share = (around - span.from) / (span.to - span.from)
  return within({ from: around - share * length, to: around + (1 - share) * length }, whole)
}

export function moved(span: Span, whole: Span, share: number): Span {
  const by = (span.to - span.from) * share
  return within({ from: span.from + by, to: span.to + by }, whole)
}

/** The span between two instants in any order. */
export function between(a: number, b: number, whole: Span): Span {
  const from = Math.min(a, b)
  return within({ from, to: Math.max(a, b, from + SPAN_MS_MIN) }, whole)
}

/** Shifts a span into the whole; one that is longer becomes the whole. */
export function within(span: Span, whole: Span): Span {
  const length = Math.min(span.to - span.from, whole.to - whole.from)
  const from = Math.max(whole.from, Math.min(span.from, whole.to - length))
  return { from, to: from + length }
}

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const STEPS = [
  SECOND / 10,
  SECOND / 2,
  SECOND,
  2 * SECOND,
  5 * SECOND,
  10 * SECOND,
  15 * SECOND,
  30 * SECOND,
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  7 * DAY,
  30 * DAY,
]
/** Between two labels at least: those with seconds are longer. */
const tickPxMin = (step: number) => (step < MINUTE ? 84 : 64)

export interface Ticks {
  step: number
  at: number[]
}

/** Instants for the axis at even steps of the clock; `offset` is what the shown zone is ahead of UTC. */
export function ticksOf(scale: Scale, offset: number): Ticks {
  const { from, to } = scale.span
  const step = STEPS.find((one) => (one / (to - from)) * scale.width >= tickPxMin(one)) ?? 30 * DAY
  const first = Math.ceil((from + offset) / step) * step - offset
  const at: number[] = []
  for (let tick = first; tick <= to; tick += step) at.push(tick)
  return { step, at }
}

/** What a zone is ahead of UTC at an instant, from how it writes its clock. */
export function offsetOf(at: number, time: (at: number) => string): number {
  const [hours = 0, minutes = 0] = time(at).split(':').map(Number)
  const utc = Math.floor((at % DAY) / MINUTE)
  const ahead = (((hours * 60 + minutes - utc) % 1_440) + 1_440) % 1_440
  return (ahead > 840 ? ahead - 1_440 : ahead) * MINUTE
}
