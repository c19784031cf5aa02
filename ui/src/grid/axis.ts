import type { GridRun } from '@/api/contract'
import type { Dates } from '@/lib/dates'
import { COLUMN } from './geometry'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const STEPS = [
  1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400, 172_800, 604_800,
  2_592_000,
].map((seconds) => seconds * SECOND)

/** The step of the duration axis; the axis ends at three steps. */
export function durationStep(longest: number): number {
  return STEPS.find((step) => step * 3 >= longest) ?? longest / 3
}

/** `20s`, `40m`, `6h`: ticks in the unit of their step. */
export function tickLabel(value: number, step: number): string {
  if (step < MINUTE) return `${String(value / SECOND)}s`
  if (step < HOUR) return `${String(value / MINUTE)}m`
  return step < 24 * HOUR ? `${String(value / HOUR)}h` : `${String(Math.round(value / (24 * HOUR)))}d`
}

export interface AxisMarks {
  /** Columns before which a day begins; empty when runs are rarer than a few a day. */
  days: number[]
  /** Columns before which the version changes. */
  versions: { column: number; label: string }[]
  labels: { column: number; text: string; strong: boolean }[]
}

const RUNS_PER_DAY_MIN = 4
const LABEL_GAP_PX = 56
/** Between times that are no full quarter of a day. */
const LOOSE_GAP_PX = 100

export function axisMarks(runs: Pick<GridRun, 'run_after' | 'version_number'>[], dates: Dates): AxisMarks {
  const versions: AxisMarks['versions'] = []
  const newDay: boolean[] = []
  let lastKey = ''
  let lastVersion: number | null = null
  for (const [column, run] of runs.entries()) {
    const key = dates.dayKey(run.run_after)
    newDay.push(column > 0 && key !== lastKey)
    lastKey = key
    const version = run.version_number
    if (version !== null && lastVersion !== null && version !== lastVersion)
      versions.push({ column, label: `v${String(version)}` })
    lastVersion = version ?? lastVersion
  }
  const days = newDay.flatMap((isNew, column) => (isNew ? [column] : []))
  const dense = runs.length / (days.length + 1) >= RUNS_PER_DAY_MIN
  return { days: dense ? days : [], versions, labels: labelsOf(runs, newDay, dense, dates) }
}

function labelsOf(
  runs: Pick<GridRun, 'run_after'>[],
  newDay: boolean[],
  dense: boolean,
  dates: Dates,
): AxisMarks['labels'] {
  const labels: AxisMarks['labels'] = []
  // Columns of the labels so far, one mark each: a look to both sides says whether there is room.
  const taken = new Uint8Array(runs.length)
  const isFree = (column: number, gap: number) => {
    const reach = Math.ceil(gap / COLUMN) - 1
    return !taken.subarray(Math.max(0, column - reach), column + reach + 1).includes(1)
  }
  const put = (column: number, text: string, strong: boolean) => {
    taken[column] = 1
    labels.push({ column, text, strong })
  }
  const day = (at: number) => dates.day(at).split(' ').slice(0, 2).join(' ')
  if (dense) {
    for (const [column, run] of runs.entries()) if (newDay[column]) put(column, day(run.run_after), true)
  }
  // Full quarters of a day first, so that hourly runs read 06, 12, 18.
  const candidates = runs.map((run, column) => ({ column, at: run.run_after }))
  const place = (chosen: typeof candidates, gap: number) => {
    for (const { column, at } of chosen) if (isFree(column, gap)) put(column, dense ? dates.time(at) : day(at), false)
  }
  if (dense)
    place(
      candidates.filter((one) => dates.hour(one.at) % 6 === 0),
      LABEL_GAP_PX,
    )
  place(candidates, dense ? LOOSE_GAP_PX : LABEL_GAP_PX)
  return labels.sort((a, b) => a.column - b.column)
}
