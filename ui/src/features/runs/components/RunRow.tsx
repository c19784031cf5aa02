import { Link } from 'wouter'
import type { RunFacts } from '@/api/contract'
import { ShareBar } from '@/components/Charts'
import { Checkbox } from '@/components/Controls'
import { StateGlyph, StateText } from '@/components/state/StateGlyph'
import { countsInWords, RUN_TYPES, STATES, statesIn, totalOf } from '@/components/state/table'
import { useNow } from '@/lib/clock'
import { useDates } from '@/lib/dates'
import { count, duration } from '@/lib/durations'
import { links } from '@/lib/links'
import type { Selection } from '@/lib/selection'
import { strings } from '@/lib/strings'
import { keyOf, shareOfUsual } from '../list-model'

const text = strings.runs

const HEADS = [
  ['run', ''],
  ['state', ''],
  ['duration', 'r'],
  ['started', 'c-started'],
  ['tasks', ''],
  ['type', ''],
  ['by', 'c-by'],
  ['version', 'r'],
] as const

/** Heads of the columns. */
export function RunHead({ withDag }: { withDag: boolean }) {
  return (
    <>
      <span role="columnheader">
        <span className="sr">{text.head.select}</span>
      </span>
      {withDag && <span role="columnheader">{text.head.dag}</span>}
      {HEADS.map(([name, className]) => (
        <span key={name} role="columnheader" className={className}>
          {text.head[name]}
        </span>
      ))}
    </>
  )
}

export function RunRow({ run, withDag, selection }: { run: RunFacts; withDag: boolean; selection: Selection | null }) {
  const dates = useDates()
  const shares = statesIn(run.counts).map((state) => ({
    value: run.counts[state] ?? 0,
    paint: state === 'success' ? 'bg-ok-q' : `bg-${STATES[state].family}`,
  }))
  const key = keyOf(run)
  return (
    <>
      <span role="cell" className="row">
        {selection && (
          <Checkbox
            on={selection.keys.has(key)}
            onChange={() => selection.toggle(key)}
            label={text.select(dates.dateTime(run.run_after))}
          />
        )}
      </span>
      {withDag && (
        <span role="cell" className="name ell">
          <Link className="link" href={links.dag(run.dag_id)}>
            {run.dag_id}
          </Link>
        </span>
      )}
      <span role="cell" className={withDag ? 'ell' : 'name ell'}>
        <Link className="link" href={links.run(run.dag_id, run.run_id)} title={run.run_id}>
          {dates.dateTime(run.run_after)}
        </Link>
      </span>
      <span role="cell" className="row mid m">
        {run.state === 'success' ? (
          <>
            <StateGlyph state="success" quiet />
            {STATES.success.label}
          </>
        ) : (
          <StateText state={run.state} />
        )}
      </span>
      <RunDuration run={run} />
      <span role="cell" className="m c-started" title={run.start === null ? undefined : dates.exact(run.start)}>
        {run.start === null ? text.notStarted : dates.clock(run.start)}
      </span>
      <span role="cell" className="row" title={countsInWords(run.counts)}>
        <ShareBar width={72} shares={shares.reverse()} label={countsInWords(run.counts)} />
        <span className="i3">{count(totalOf(run.counts))}</span>
      </span>
      <span role="cell" className="m">
        {RUN_TYPES[run.run_type].label}
      </span>
      <span role="cell" className="i3 ell c-by" title={run.note ?? undefined}>
        {[run.triggering_user ?? run.triggered_by, run.note].filter((part) => part !== null).join(', ')}
      </span>
      <span role="cell" className="r i3">
        {run.version_number === null ? '' : text.version(run.version_number)}
      </span>
    </>
  )
}

function RunDuration({ run }: { run: RunFacts }) {
  const now = useNow(run.end === null ? 1_000 : 60_000)
  const ran = run.start === null ? null : (run.end ?? now) - run.start
  const share = run.end === null ? shareOfUsual(ran, run.typical_duration) : null
  return (
    <span role="cell" className="r m" title={share === null ? undefined : text.usual(share)}>
      {ran === null ? '–' : duration(ran)}
    </span>
  )
}
