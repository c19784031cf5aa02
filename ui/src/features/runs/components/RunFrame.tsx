import { useQuery } from '@tanstack/react-query'
import { Activity, ChartGantt, ChevronLeft, ChevronRight, Code, Info, ListChecks, Network } from 'lucide-react'
import type { ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import type { RunFacts, Timeline } from '@/api/contract'
import { Loading } from '@/components/Blank'
import { ShareBar } from '@/components/Charts'
import { Icon } from '@/components/Icon'
import { StatePill } from '@/components/state/StateGlyph'
import { countsInWords } from '@/components/state/table'
import { TabLinks } from '@/components/Tabs'
import { TopBar } from '@/components/TopBar'
import { useNow } from '@/lib/clock'
import { useDates } from '@/lib/dates'
import { count, duration, roughDuration } from '@/lib/durations'
import { useKeys } from '@/lib/keys'
import { useSlots } from '@/lib/slots'
import { links, type RunTab } from '@/lib/links'
import { useTitle } from '@/lib/screen'
import { strings } from '@/lib/strings'
import { useQueryParams } from '@/lib/url'
import { newestRunsQuery, timelineQuery } from '../api/timeline'
import { clockSkew, neighboursOf, progressOf, runRef } from '../model'

const text = strings.run

export interface RunPlace {
  dagId: string
  runId: string
}

/** Header and tabs of a run around one of them. `skew` is what the server's clock is ahead of ours. */
export function RunFrame({
  dagId,
  runId,
  tab,
  children,
}: RunPlace & { tab: RunTab; children: (data: Timeline, skew: number) => ReactNode }) {
  const query = useQuery(timelineQuery(dagId, runId))
  const run = query.data?.run
  const dates = useDates()
  const name = run ? dates.dateTime(run.run_after) : runId
  const [params] = useQueryParams()
  const task = params.get('task')
  const { Acts } = useSlots()
  const [, navigate] = useLocation()
  const total = run ? progressOf(run.counts).total : 0
  useTitle(text.tabs[tab], name, dagId)
  return (
    <>
      <TopBar
        actions={
          run && (
            <Acts
              look="top"
              target={{ kind: 'runs', runs: [runRef(run)] }}
              onGone={() => navigate(links.dag(dagId, 'runs'))}
            />
          )
        }
      >
        <div className="crumb">
          <Link className="link" href={links.dags()}>
            {strings.nav.dags}
          </Link>
          <Icon of={ChevronRight} size={14} />
          <Link className="link ell i2" href={links.dag(dagId, 'grid', { run: runId })}>
            {dagId}
          </Link>
          <Icon of={ChevronRight} size={14} />
          <h1 className="here ell" title={runId}>
            {name}
          </h1>
        </div>
        {run && (
          <>
            <StatePill state={run.state} />
            <div className="vr" />
            <RunTime run={run} />
            <RunProgress run={run} />
          </>
        )}
      </TopBar>
      <div className="run-tabs">
        <TabLinks
          label={text.tabs.label}
          tabs={[
            {
              label: text.tabs.timeline,
              icon: ChartGantt,
              href: links.run(dagId, runId, 'timeline', { task }),
              on: tab === 'timeline',
            },
            {
              label: text.tabs.graph,
              icon: Network,
              href: links.run(dagId, runId, 'graph', { task }),
              on: tab === 'graph',
            },
            {
              label: text.tabs.tasks,
              icon: ListChecks,
              href: links.run(dagId, runId, 'tasks', { task }),
              on: tab === 'tasks',
              ...(total > 0 && { count: count(total) }),
            },
            {
              label: text.tabs.events,
              icon: Activity,
              href: links.run(dagId, runId, 'events', { task }),
              on: tab === 'events',
            },
            {
              label: text.tabs.code,
              icon: Code,
              href: links.dag(dagId, 'code', {
                version: run?.version_number == null ? null : String(run.version_number),
              }),
              on: false,
              ...(run?.version_number != null && { count: text.version(run.version_number) }),
            },
            {
              label: text.tabs.details,
              icon: Info,
              href: links.run(dagId, runId, 'details', { task }),
              on: tab === 'details',
            },
          ]}
        />
        <Neighbours dagId={dagId} runId={runId} tab={tab} />
      </div>
      <Loading query={query}>{(data) => children(data, clockSkew(data.now, query.dataUpdatedAt))}</Loading>
    </>
  )
}

function RunTime({ run }: { run: RunFacts }) {
  const now = useNow(run.end === null ? 1_000 : 60_000)
  if (run.start === null) return null
  return (
    <span className="t12 nowrap fact">
      <span className="w5">{duration((run.end ?? now) - run.start)}</span>
      {run.typical_duration !== null && (
        <span className="i3"> {text.ofAbout(roughDuration(run.typical_duration))}</span>
      )}
    </span>
  )
}

function RunProgress({ run }: { run: RunFacts }) {
  const { total, success, failed, running, left, skipped } = progressOf(run.counts)
  if (total === 0) return null
  const words = countsInWords(run.counts)
  return (
    <span className="row wide-only" title={words}>
      <ShareBar
        width={120}
        label={`${text.progress}: ${words}`}
        shares={[
          { value: success, paint: 'bg-ok' },
          { value: failed, paint: 'bg-bad' },
          { value: running, paint: 'bg-run' },
          { value: left + skipped, paint: 'bg-idle' },
        ]}
      />
      <span className="t12 i3 nowrap">
        {success > 0 && (
          <>
            <span className="ok-t">{count(success)}</span> ·{' '}
          </>
        )}
        {failed > 0 && (
          <>
            <span className="bad-t">{count(failed)}</span> ·{' '}
          </>
        )}
        {running > 0 && (
          <>
            <span className="run-t">{count(running)}</span> ·{' '}
          </>
        )}
        {text.left(count(left), count(total))}
      </span>
    </span>
  )
}

function Neighbours({ dagId, runId, tab }: RunPlace & { tab: RunTab }) {
  const { before, after } = neighboursOf(useQuery(newestRunsQuery(dagId)).data, runId)
  const dates = useDates()
  const [, navigate] = useLocation()
  const go = (run: RunFacts | null) => run && navigate(links.run(dagId, run.run_id, tab))
  useKeys([{ keys: ['[', ']'], label: text.keys.runs, run: (key) => go(key === '[' ? before : after) }])
  const now = useNow(60_000)
  return (
    <span className="neighbours t12 i3">
      {before && (
        <Link className="link" href={links.run(dagId, before.run_id, tab)} title={text.previousRun}>
          <Icon of={ChevronLeft} size={14} />
          {text.previous(dates.near(before.run_after, now))}
        </Link>
      )}
      {after && (
        <Link className="link" href={links.run(dagId, after.run_id, tab)} title={text.nextRun}>
          {text.next(dates.near(after.run_after, now))}
          <Icon of={ChevronRight} size={14} />
        </Link>
      )}
    </span>
  )
}
