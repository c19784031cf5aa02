import type { Timeline } from '@/api/contract'
import { ShareBar } from '@/components/Charts'
import { count, duration } from '@/lib/durations'
import { strings } from '@/lib/strings'
import { criticalSummary, SPENT, type Spent } from '../timeline/critical'

const text = strings.run
const TONES: Record<Spent, string> = {
  running: 'ok',
  deferred: 'wait',
  retry: 'retry',
  waiting: 'idle',
  between: 'idle',
}

/** What the time on the critical path went to. */
export function CriticalBar({ timeline, now }: { timeline: Timeline; now: number }) {
  const summary = criticalSummary(timeline, now)
  if (summary === null) return <div className="tl-critical i3">{text.noPath}</div>
  const spent = SPENT.filter((kind) => summary.spent[kind] > 0)
  return (
    <div className="tl-critical">
      <b>{text.critical}</b>
      <span>{duration(summary.total)}</span>
      <ShareBar
        width={240}
        label={text.critical}
        shares={spent.map((kind) => ({
          value: summary.spent[kind],
          paint: kind === 'between' ? 'bg-idle' : kind === 'waiting' ? 'tl-bg-waiting' : `bg-${TONES[kind]}`,
        }))}
      />
      {spent.map((kind) => (
        <span key={kind} className="i2">
          {text.spent[kind]} <b className={`${TONES[kind]}-t`}>{duration(summary.spent[kind])}</b>
        </span>
      ))}
      <span className="grow" />
      <span className="i3">{text.tasks(count(summary.tasks))}</span>
    </div>
  )
}
