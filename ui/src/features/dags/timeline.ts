import type { RunFacts } from '@/api/contract'

/** A run as a bar over time, in shares of the span. */
export interface RunSpan {
  run: RunFacts
  left: number
  width: number
}

export interface RunTimeline {
  from: number
  to: number
  spans: RunSpan[]
  /** How many ran at the same time at most. */
  peak: number
}

/** Room at both ends, as a share. */
const MARGIN = 0.02
/** For labels behind the last bar. */
const LABELS = 0.06

/** The runs over time, newest first. Those that have not started stand at the time from which they could have run. */
export function runTimeline(runs: readonly RunFacts[], now: number): RunTimeline {
  const begins = runs.map(beginOf)
  const ends = runs.map((run) => endOf(run, now))
  const first = Math.min(...begins)
  const length = Math.max(1_000, Math.max(...ends) - first)
  const from = first - length * MARGIN
  const to = first + length * (1 + LABELS)
  const share = (ms: number) => ms / (to - from)
  return {
    from,
    to,
    spans: runs.map((run) => ({
      run,
      left: share(beginOf(run) - from),
      width: share(endOf(run, now) - beginOf(run)),
    })),
    peak: peakOf(runs, now),
  }
}

const beginOf = (run: RunFacts) => run.start ?? run.run_after
const endOf = (run: RunFacts, now: number) =>
  run.start === null ? run.run_after : (run.end ?? Math.max(now, run.start))

function peakOf(runs: readonly RunFacts[], now: number): number {
  const edges = runs
    .filter((run) => run.start !== null)
    .flatMap((run) => [
      { at: beginOf(run), by: 1 },
      { at: endOf(run, now), by: -1 },
    ])
    // One that ends when another begins makes room for it.
    .sort((a, b) => a.at - b.at || a.by - b.by)
  let running = 0
  let peak = 0
  for (const { by } of edges) {
    running += by
    peak = Math.max(peak, running)
  }
  return peak
}

const MINUTE = 60_000
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440, 2_880, 10_080, 43_200].map((n) => n * MINUTE)
const TICKS_MAX = 10

/** Marks of the axis at even steps; `day` when they are a day apart or more. */
export function axisOf({ from, to }: { from: number; to: number }): { at: number[]; day: boolean } {
  const step = STEPS.find((one) => (to - from) / one <= TICKS_MAX) ?? (to - from) / TICKS_MAX
  const at: number[] = []
  // A label at the edge would be cut.
  const first = from + (to - from) * MARGIN
  for (let tick = Math.ceil(first / step) * step; tick < to; tick += step) at.push(tick)
  return { at, day: step >= 1_440 * MINUTE }
}
