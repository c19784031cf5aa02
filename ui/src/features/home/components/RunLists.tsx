import { Link } from 'wouter'
import type { Home } from '@/api/contract'
import { useNow } from '@/lib/clock'
import { useDates } from '@/lib/dates'
import { duration, roughDuration } from '@/lib/durations'
import { links } from '@/lib/links'
import { strings } from '@/lib/strings'
import { about } from '../model'

const text = strings.home
const BAR_WIDTH = 112
/** Where the usual time lies in the bar; beyond twice of it the bar is full. */
const USUAL_AT = 52

export function NextRuns({ runs }: { runs: Home['next_runs'] }) {
  const dates = useDates()
  const now = useNow()
  if (runs.length === 0)
    return (
      <p className="home-none">
        <b>{text.next.none}</b>
        <br />
        {text.next.noneText}
      </p>
    )
  return (
    <ul className="home-up">
      {runs.map((run) => (
        <li key={`${run.dag_id} ${String(run.run_after)}`}>
          <span className="i3 nowrap" title={dates.exact(run.run_after)}>
            {dates.near(run.run_after, now)}
          </span>
          <Link className="cover w5 ell" href={links.dag(run.dag_id)}>
            {run.dag_id}
          </Link>
          <span className="i3 ell" title={run.schedule ?? undefined}>
            {run.schedule}
          </span>
          <span className="i3 r nowrap">{run.typical_duration === null ? '' : about(run.typical_duration)}</span>
        </li>
      ))}
    </ul>
  )
}

export function LongestRunning({ runs }: { runs: Home['longest_running'] }) {
  const now = useNow()
  if (runs.length === 0) return <p className="home-none">{text.longest.none}</p>
  return (
    <ul className="home-up home-long">
      {runs.map((run) => {
        const ran = Math.max(0, now - run.start)
        const late = run.typical_duration !== null && ran > run.typical_duration
        const usual = run.typical_duration === null ? text.longest.unknown : roughDuration(run.typical_duration)
        return (
          <li key={`${run.dag_id} ${run.run_id}`}>
            <Link className="cover w5 ell" href={links.run(run.dag_id, run.run_id)}>
              {run.dag_id}
            </Link>
            <ShareOfUsual
              share={run.typical_duration === null ? null : ran / Math.max(1, run.typical_duration)}
              label={text.longest.bar(duration(ran), usual)}
            />
            <span className={late ? 'r retry-t w5 nowrap' : 'r nowrap'}>{roughDuration(ran)}</span>
            <span className="r i3 nowrap">{usual}</span>
          </li>
        )
      })}
    </ul>
  )
}

function ShareOfUsual({ share, label }: { share: number | null; label: string }) {
  return (
    <svg width={BAR_WIDTH} height={8} viewBox={`0 0 ${String(BAR_WIDTH)} 8`} role="img" aria-label={label}>
      <rect className="f-sunk" y={1} width={BAR_WIDTH} height={6} rx={2} />
      {share !== null && (
        <>
          <rect
            className={share > 1 ? 'f-retry' : 'f-run'}
            y={1}
            width={Math.min(BAR_WIDTH, share * USUAL_AT)}
            height={6}
            rx={2}
          />
          <path className="s-ink" d={`M${String(USUAL_AT + 0.5)} 0v8`} strokeWidth={1.25} />
        </>
      )}
    </svg>
  )
}
