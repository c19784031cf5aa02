import type { Attempt, TaskInstanceDetail } from '@/api/contract'
import { StateGlyph } from '@/components/state/StateGlyph'
import { STATES } from '@/components/state/table'
import { useNow } from '@/lib/clock'
import { useDates, type Dates } from '@/lib/dates'
import { duration } from '@/lib/durations'
import { strings } from '@/lib/strings'
import { durationsOf, exitWords, nextTry, percentile, setDuration, type NextTry } from '../model'
import { TileUsage } from './Usage'

const text = strings.tasks

/** All tries side by side: how each ended, and what it used. */
export function AttemptStrip({
  data,
  chosen,
  onChoose,
}: {
  data: TaskInstanceDetail
  chosen: number
  onChoose: (tryNumber: number) => void
}) {
  const usual = percentile(durationsOf(data.history), 0.5)
  const next = nextTry(data)
  return (
    <div className="tries" role="tablist" aria-label={text.attempts}>
      {data.attempts.map((attempt) => (
        <AttemptTile
          key={attempt.try_number}
          attempt={attempt}
          on={attempt.try_number === chosen}
          alone={data.attempts.length === 1}
          usual={usual}
          onChoose={() => onChoose(attempt.try_number)}
        />
      ))}
      {next && <NextTile next={next} />}
    </div>
  )
}

function AttemptTile({
  attempt,
  on,
  alone,
  usual,
  onChoose,
}: {
  attempt: Attempt
  on: boolean
  /** Nothing else could be chosen. */ alone: boolean
  usual: number | null
  onChoose: () => void
}) {
  const dates = useDates()
  const now = useNow(attempt.end === null ? 1_000 : 60_000)
  const bad = STATES[attempt.state].family === 'bad' || attempt.state === 'up_for_retry'
  const ran = attempt.start === null ? null : (attempt.end ?? now) - attempt.start
  return (
    <button type="button" role="tab" aria-selected={on} className={on && !alone ? 'try on' : 'try'} onClick={onChoose}>
      <span className="about">
        <span className="a">
          <StateGlyph state={attempt.state} quiet />
          {text.try(attempt.try_number)}
          <span className="i3">{ran === null ? '' : duration(ran)}</span>
        </span>
        <span className={bad ? 'b bad-t' : 'b'} title={attempt.reason ?? undefined}>
          {headline(attempt, ran, usual)}
        </span>
        <span className="c">{footline(attempt, dates, now)}</span>
      </span>
      <TileUsage attempt={attempt} />
    </button>
  )
}

function headline(attempt: Attempt, ran: number | null, usual: number | null): string {
  if (attempt.state === 'running' && ran !== null && usual !== null && usual > 0) {
    return `${STATES.running.label}, ${text.ofUsual(`${String(Math.round((ran / usual) * 100))} %`)}`
  }
  return attempt.reason ?? STATES[attempt.state].label
}

function footline(attempt: Attempt, dates: Dates, now: number): string {
  const when =
    attempt.end !== null
      ? dates.clock(attempt.end)
      : attempt.start !== null
        ? text.since(dates.clock(attempt.start))
        : attempt.queued !== null
          ? text.waitingFor(duration(now - attempt.queued))
          : null
  return [exitWords(attempt), when, attempt.hostname].filter((part) => part !== null).join(' · ')
}

function NextTile({ next }: { next: NextTry }) {
  const dates = useDates()
  return (
    <div className="try next">
      <span className="about">
        <span className="a">
          <StateGlyph state="none" quiet />
          {text.try(next.number)}
        </span>
        <span className="b">{next.after === null ? text.nextTry : text.ifFails}</span>
        <span className="c">
          {next.after !== null
            ? text.laterBy(setDuration(next.after))
            : next.at === null
              ? text.soon
              : text.startsAt(dates.clock(next.at))}
        </span>
      </span>
    </div>
  )
}
