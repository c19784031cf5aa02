import { Star, TriangleAlert } from 'lucide-react'
import { memo } from 'react'
import { Link } from 'wouter'
import type { DagRow, RunBar } from '@/api/contract'
import { RunBars } from '@/components/Charts'
import { Checkbox, Switch } from '@/components/Controls'
import { Icon } from '@/components/Icon'
import { StateGlyph } from '@/components/state/StateGlyph'
import { STATES } from '@/components/state/table'
import { useNow } from '@/lib/clock'
import { useDates } from '@/lib/dates'
import { roughDuration } from '@/lib/durations'
import { links } from '@/lib/links'
import { strings } from '@/lib/strings'
import { barTitle, durationOf, lastRunWords, nextRunWords } from '../model'

const text = strings.dags
const BARS = 14

export interface RowActions {
  toggle: (dagId: string) => void
  star: (dagId: string, on: boolean) => void
  pause: (dagId: string, paused: boolean) => void
  filter: (patch: { tag?: string; owner?: string }) => void
}

export const DagRowView = memo(function DagRowView({
  row,
  checked,
  starred,
  mayAct,
  actions,
}: {
  row: DagRow
  checked: boolean
  starred: boolean
  /** Else there is nothing to select for, and no switch. */
  mayAct: boolean
  actions: RowActions
}) {
  const last = row.last_runs.at(-1)
  return (
    <>
      <span role="cell" className="row">
        <span>
          {mayAct && (
            <Checkbox on={checked} onChange={() => actions.toggle(row.dag_id)} label={text.select(row.dag_id)} />
          )}
        </span>
      </span>
      <span role="cell" className="row">
        <StateGlyph state={last?.state ?? 'none'} />
      </span>
      <span role="cell" className="row mid ell">
        <Link className="name ell" href={links.dag(row.dag_id)}>
          {row.display_name}
        </Link>
        <button
          type="button"
          className={starred ? 'star on' : 'star'}
          aria-pressed={starred}
          aria-label={text.star(row.dag_id)}
          title={(starred ? text.unstar : text.star)(row.dag_id)}
          onClick={() => actions.star(row.dag_id, !starred)}
        >
          <Icon of={Star} size={14} />
        </button>
        {row.has_import_errors && (
          <span className="bad-t" title={text.importError}>
            <Icon of={TriangleAlert} size={12} />
          </span>
        )}
      </span>
      <Bars runs={row.last_runs} />
      <LastRun run={last} />
      <span role="cell" className="r m c-p50">
        {row.typical_duration === null ? '–' : roughDuration(row.typical_duration)}
      </span>
      <span role="cell" className="m ell c-schedule" title={row.schedule ?? undefined}>
        {row.schedule ?? text.byHand}
      </span>
      <NextRun row={row} />
      <span role="cell" className="row near ell c-tags">
        {row.tags.map((tag) => (
          <button key={tag} type="button" className="tag" onClick={() => actions.filter({ tag })}>
            {tag}
          </button>
        ))}
      </span>
      <span role="cell" className="i3 ell c-owner">
        {row.owners.map((owner) => (
          <button key={owner} type="button" className="link" onClick={() => actions.filter({ owner })}>
            {owner}
          </button>
        ))}
      </span>
      <span role="cell" className="r">
        <Switch
          on={!row.is_paused}
          disabled={!mayAct}
          onChange={(on) => actions.pause(row.dag_id, !on)}
          label={text.turn(row.dag_id, !row.is_paused)}
        />
      </span>
    </>
  )
})

/** The bar of a running one grows, in steps too small to see. */
function Bars({ runs }: { runs: RunBar[] }) {
  const now = useNow(10_000)
  const dates = useDates()
  const bars = runs.map((run) => ({
    state: run.state,
    duration: run.state === 'running' ? now - (run.start ?? now) : durationOf(run),
    title: barTitle(run, dates),
  }))
  return (
    <span role="cell">
      <RunBars runs={bars} slots={BARS} label={text.head.last} />
    </span>
  )
}

function LastRun({ run }: { run: RunBar | undefined }) {
  const now = useNow(run?.state === 'running' ? 1_000 : 10_000)
  const dates = useDates()
  const { state, word, rest } = lastRunWords(run, now)
  const tone = state === null || state === 'success' || state === 'queued' ? 'm' : `${STATES[state].family}-t`
  return (
    <span role="cell" className={tone} title={run && dates.exact(run.end ?? run.start ?? run.run_after)}>
      {word !== '' && <span className={state === 'queued' ? '' : 'w5'}>{word} </span>}
      {rest}
    </span>
  )
}

function NextRun({ row }: { row: DagRow }) {
  const now = useNow(60_000)
  const dates = useDates()
  const words = nextRunWords(row, dates, now)
  return (
    <span
      role="cell"
      className={words === '–' ? 'i3 ell' : 'm ell'}
      title={row.next_run_after === null ? undefined : dates.exact(row.next_run_after)}
    >
      {words}
    </span>
  )
}
