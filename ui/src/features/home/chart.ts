import type { Bucket } from '@/api/contract'
import type { Dates } from '@/lib/dates'
import { age, duration } from '@/lib/durations'
import type { TimeSpan } from './model'

export const CHART_HEIGHT = 104
const GUTTER = 24
const BASE = 82
const BAR_MAX = 64
const FOOT_MIN = 3
const FOOT_MAX = 9
const LABEL_ROOM = 96
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY_MINUTES = 24 * 60
const LABEL_STEPS = [15, 30, 60, 120, 180, 360, 720, DAY_MINUTES]

export interface Chart {
  width: number
  left: number
  step: number
  base: number
  /** Success up from the base line, running on top of it, failed down from it: one path each. */
  success: string
  running: string
  failed: string
  lines: { y: number; label: string }[]
  ticks: { x: number; label: string; strong: boolean }[]
}

/** The smallest of 2, 4, 6, 8, 10, 12, 16, 20, 40, … that holds the value, so that its half is whole, too. */
export function niceTop(value: number): number {
  for (let scale = 1; scale < Number.MAX_SAFE_INTEGER; scale *= 10) {
    const fit = [2, 4, 6, 8, 10, 12, 16].find((step) => step * scale >= value)
    if (fit !== undefined) return fit * scale
  }
  return value
}

export function chartOf(buckets: Bucket[], width: number, dates: Dates): Chart {
  const step = Math.max(0, width - GUTTER) / Math.max(1, buckets.length)
  const gap = step > 6 ? 2 : step > 3 ? 1 : 0
  const top = niceTop(Math.max(1, ...buckets.map((bucket) => bucket.success + bucket.running)))
  const worst = Math.max(1, ...buckets.map((bucket) => bucket.failed))
  const scale = (value: number) => (value / top) * BAR_MAX
  const bar = (i: number, y: number, height: number) =>
    `M${px(GUTTER + i * step + gap / 2)} ${px(y)}h${px(step - gap)}v${px(height)}h${px(gap - step)}z`
  const paths = { success: '', running: '', failed: '' }
  for (const [i, bucket] of buckets.entries()) {
    const good = scale(bucket.success)
    if (bucket.success > 0) paths.success += bar(i, BASE - good, good)
    if (bucket.running > 0) {
      const height = Math.max(2, scale(bucket.running))
      paths.running += bar(i, BASE - good - height - (bucket.success > 0 ? 1 : 0), height)
    }
    if (bucket.failed > 0) paths.failed += bar(i, BASE + 2, FOOT_MIN + (FOOT_MAX - FOOT_MIN) * (bucket.failed / worst))
  }
  return {
    width,
    left: GUTTER,
    step,
    base: BASE,
    ...paths,
    ticks: ticksOf(buckets, step, dates),
    lines: [top, top / 2].map((value) => ({ y: BASE - scale(value), label: String(value) })),
  }
}

const px = (value: number) => String(Math.round(value * 100) / 100)

/** Times below the bars, at full steps of the shown zone; midnight is strong, or a day when days are shown. */
function ticksOf(buckets: Bucket[], step: number, dates: Dates): Chart['ticks'] {
  const minutes = bucketMs(buckets) / MINUTE
  const every = LABEL_STEPS.find((one) => (one / minutes) * step >= LABEL_ROOM) ?? DAY_MINUTES
  return buckets.flatMap((bucket, i) => {
    const ofDay = minuteOfDay(bucket.start, dates)
    // The first bucket of a step: buckets need not begin at full hours.
    if (ofDay % every >= minutes || i === 0) return []
    const x = GUTTER + i * step + 1
    if (x > GUTTER + buckets.length * step - LABEL_ROOM / 2) return []
    return [
      { x, label: every === DAY_MINUTES ? dates.day(bucket.start) : dates.time(bucket.start), strong: ofDay < minutes },
    ]
  })
}

function minuteOfDay(at: number, dates: Dates): number {
  const [hours = 0, minutes = 0] = dates.time(at).split(':').map(Number)
  return hours * 60 + minutes
}

export function bucketMs(buckets: Bucket[]): number {
  const [first, second] = buckets
  return first && second ? second.start - first.start : 15 * MINUTE
}

/** `15 min`, `1 h`, `1h 45m`. */
export function bucketText(ms: number): string {
  return ms % HOUR === 0 || (ms < HOUR && ms % MINUTE === 0) ? age(ms) : duration(ms)
}

/** The bucket under a point, kept inside the chart; null without buckets. */
export function bucketAt(chart: Chart, buckets: Bucket[], x: number): number | null {
  if (buckets.length === 0) return null
  return Math.min(buckets.length - 1, Math.max(0, Math.floor((x - chart.left) / Math.max(chart.step, 0.01))))
}

export function spanBetween(buckets: Bucket[], a: number, b: number): TimeSpan | null {
  const first = buckets[Math.min(a, b)]
  const last = buckets[Math.max(a, b)]
  return first && last ? { from: first.start, to: last.start + bucketMs(buckets) } : null
}

/** Where a span lies in the chart, in px; null when it is outside. */
export function spanBox(chart: Chart, buckets: Bucket[], span: TimeSpan): { x: number; width: number } | null {
  const first = buckets[0]
  if (!first) return null
  const x = (at: number) =>
    Math.min(
      chart.left + buckets.length * chart.step,
      Math.max(chart.left, chart.left + ((at - first.start) / bucketMs(buckets)) * chart.step),
    )
  const width = x(span.to) - x(span.from)
  return width > 0 ? { x: x(span.from), width } : null
}

export function totalsOf(buckets: Bucket[]): { runs: number; failed: number } {
  const failed = buckets.reduce((sum, bucket) => sum + bucket.failed, 0)
  return { runs: buckets.reduce((sum, bucket) => sum + bucket.success, 0) + failed, failed }
}
