import { useQuery } from '@tanstack/react-query'
import { ArrowUpRight } from 'lucide-react'
import { Link } from 'wouter'
import type { Blocker, TaskInstanceDetail } from '@/api/contract'
import { Loading } from '@/components/Blank'
import { PanelSection } from '@/components/DetailPanel'
import { Icon } from '@/components/Icon'
import { StateGlyph } from '@/components/state/StateGlyph'
import { STATES } from '@/components/state/table'
import { useNow } from '@/lib/clock'
import { useDates } from '@/lib/dates'
import { duration } from '@/lib/durations'
import type { WhyListProps } from '@/lib/slots'
import { strings } from '@/lib/strings'
import { explainQuery } from '../api/explain'
import { isWaiting, waitingSince } from '../model'
import { isLimit, placeLink, sentenceOf, sharesOf, titleOf, type Asked } from '../why-model'
import { HolderList, MetConditions, SentenceLine, SlotBar } from './WhyParts'

const text = strings.why

/** What holds a task instance, first what has to clear first, and what does not. */
export function WhyList({ dagId, runId, taskId, mapIndex, over = false, without }: WhyListProps) {
  const query = useQuery(explainQuery(dagId, runId, taskId, mapIndex))
  return (
    <Loading query={query}>
      {({ blockers: all, met }) => {
        const blockers = all.filter((blocker) => blocker.kind !== without)
        return (
          <div className="why">
            {blockers.length === 0 ? (
              <p className="t12 i3">{over ? text.done : text.nothing}</p>
            ) : (
              <ol className="why-list" aria-label={text.order}>
                {blockers.map((blocker, i) => (
                  <BlockerRow
                    key={`${blocker.kind} ${blocker.place?.type ?? ''} ${String(i)}`}
                    blocker={blocker}
                    number={i + 1}
                    asked={{ dagId, runId, taskId }}
                  />
                ))}
              </ol>
            )}
            {!over && <MetConditions met={met} />}
          </div>
        )
      }}
    </Loading>
  )
}

export function WhyOf({ data }: { data: TaskInstanceDetail }) {
  return (
    <WhyList
      dagId={data.dag_id}
      runId={data.run_id}
      taskId={data.task_id}
      mapIndex={data.map_index}
      over={!isWaiting(data.state)}
    />
  )
}

function BlockerRow({ blocker, number, asked }: { blocker: Blocker; number: number; asked: Asked }) {
  const dates = useDates()
  const sentence = sentenceOf(blocker, asked)
  const go = placeLink(blocker.place, asked)
  return (
    <li>
      <span className={number === 1 ? 'num' : 'num o'} aria-hidden>
        {number}
      </span>
      <div className="row near">
        <b className="grow">{titleOf(blocker)}</b>
        {blocker.until !== null && (
          <span className="when" title={dates.exact(blocker.until)}>
            {text.until(dates.clock(blocker.until))}
          </span>
        )}
      </div>
      {sentence !== null && <SentenceLine sentence={sentence} />}
      {isLimit(blocker) && <SlotBar shares={sharesOf(blocker, asked)} />}
      <HolderList blocker={blocker} asked={asked} />
      {go && (
        <Link className="link why-go" href={go.href}>
          {go.label}
          <Icon of={ArrowUpRight} size={12} />
        </Link>
      )}
    </li>
  )
}

/** `Queued for 1m 08s`, and the question that is answered below. */
export function WhyHead({ data }: { data: TaskInstanceDetail }) {
  const now = useNow()
  const since = waitingSince(data)
  const name = data.task_id.split('.').at(-1) ?? data.task_id
  const label = STATES[data.state].label
  return (
    <>
      <div className="row mid t12 i3">
        <StateGlyph state={data.state} size={12} quiet />
        {since === null ? label : text.since(label, duration(now - since))}
      </div>
      <h2 className="title">{isWaiting(data.state) ? text.waiting(name) : text.ended(name)}</h2>
    </>
  )
}

/** The same in a panel that has its own head. */
export function WhySection({ data }: { data: TaskInstanceDetail }) {
  const now = useNow()
  const since = waitingSince(data)
  return (
    <PanelSection
      title={text.title}
      {...(since !== null && { more: text.since(STATES[data.state].label, duration(now - since)) })}
    >
      <WhyOf data={data} />
    </PanelSection>
  )
}

/** In place of a log that does not exist yet, or never will. */
export function WhyPlace({ data }: { data: TaskInstanceDetail }) {
  return (
    <div className="why-place">
      <div>
        <WhyHead data={data} />
        <WhyOf data={data} />
      </div>
    </div>
  )
}
