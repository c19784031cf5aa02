import type { Home } from '@/api/contract'
import { chartOf, type ChartData } from '@/components/ChartTable'
import type { Dates } from '@/lib/dates'
import { count, latency } from '@/lib/durations'
import { strings } from '@/lib/strings'

const { activity, health } = strings.home
const { time } = strings.chartTable

/** The charts of home as tables, newest first; `at` is when they were read. */
export function homeTables({ activity: buckets, health: load }: Home, at: number, dates: Dates): ChartData[] {
  const figure = (label: string) => ({ label, figure: true })
  const newest = <T,>(values: readonly T[]) => [...values].reverse()
  const step = (title: string, column: string, points: readonly (number | null)[], words: (value: number) => string) =>
    chartOf(title, [{ label: time }, figure(column)], newest(points), (value, i) => [
      dates.clock(at - (i + 1) * load.step),
      value === null ? '–' : words(value),
    ])
  return [
    chartOf(
      activity.title,
      [
        { label: time },
        figure(activity.columns.success),
        figure(activity.columns.failed),
        figure(activity.columns.running),
      ],
      newest(buckets),
      (bucket) => [
        dates.dateTime(bucket.start),
        count(bucket.success),
        <span className={bucket.failed > 0 ? 'bad-t w5' : ''}>{count(bucket.failed)}</span>,
        count(bucket.running),
      ],
    ),
    step(health.lag, health.longest, load.lag.points, latency),
    step(health.commit, health.longest, load.commit.points, latency),
    step(health.running, health.most, load.running_points, count),
  ]
}
