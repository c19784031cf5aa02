import type { Attempt, TaskInstanceDetail } from '@/api/contract'
import { chartOf, type ChartData } from '@/components/ChartTable'
import { STATES } from '@/components/state/table'
import { bytes, duration } from '@/lib/durations'
import { strings } from '@/lib/strings'

const text = strings.tasks
const { run, state, duration: took } = strings.chartTable

/** What the charts of a task's page show: the use of the try, and how long the task took in the last runs. */
export function taskTables({ history }: TaskInstanceDetail, attempt: Attempt | undefined): ChartData[] {
  const past = chartOf(
    `${text.duration}, ${text.lastRuns(history.length)}`,
    [{ label: run }, { label: state }, { label: took, figure: true }],
    [...history].reverse(),
    (one) => [one.run_id, STATES[one.state].label, one.duration === null ? '–' : duration(one.duration)],
  )
  const usage = attempt?.usage
  if (!usage) return [past]
  const { points, interval } = usage
  const used = chartOf(
    text.usage(attempt.try_number),
    [{ label: text.sinceStart }, { label: text.cpu, figure: true }, { label: text.memoryName, figure: true }],
    points,
    ([cores, resident], i) => [duration((i + 1) * interval), text.cores(cores.toFixed(2)), bytes(resident)],
  )
  return [used, past]
}
