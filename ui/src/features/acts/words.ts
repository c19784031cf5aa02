import type { ActTarget } from '@/lib/acts'
import type { ListTotal } from '@/api/contract'
import type { Dates } from '@/lib/dates'
import { count, counted, plural } from '@/lib/durations'
import { strings } from '@/lib/strings'
import type { Preview } from './preview'

const text = strings.acts

export const instancesOf = (n: number) => plural(n, ...text.instanceWords)
export const runsIn = (total: ListTotal) => (total.count === 1 ? runsOf(1) : `${counted(total)} ${text.runWords[1]}`)
export const runsOf = (n: number) => plural(n, ...text.runWords)

/** `load_raw [37]`, `12 tasks`, `run Thu 19 Nov, 05:15`, `4 runs`. */
export function targetName(target: ActTarget, dates: Dates): string {
  if (target.kind === 'runs') {
    const [run] = target.runs
    return run && target.runs.length === 1 ? text.run(dates.dateTime(run.runAfter)) : runsOf(target.runs.length)
  }
  const ids = new Set(target.parts.flatMap((part) => part.tasks.map((one) => one.taskId)))
  const first = target.parts[0]?.tasks[0]
  const runs = target.parts.length > 1 ? text.inRun(runsOf(target.parts.length)) : ''
  if (first === undefined || ids.size > 1) return `${plural(ids.size, text.taskWord)} ${runs}`.trim()
  const alone = target.parts.every((part) => part.tasks.length === 1) && first.mapIndex !== null
  const short = first.taskId.split('.').at(-1) ?? first.taskId
  return `${alone ? text.instance(short, first.mapIndex ?? 0) : short} ${runs}`.trim()
}

/** `16 task instances in 1 run, 3 of them running`. */
export function summaryWords({ instances, runs, running, fresh }: Preview): string {
  const what = fresh > 0 && fresh === instances ? plural(fresh, ...text.newWords) : instancesOf(instances)
  const whole = text.summary(what, runsOf(runs))
  return running === 0 ? whole : `${whole}, ${text.ofThemRunning(count(running))}`
}
