import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { useLocation } from 'wouter'
import type { DagHead, RunFacts, ListTotal } from '@/api/contract'
import { Blank, Loading } from '@/components/Blank'
import { useChartTable } from '@/components/ChartTable'
import { Segmented } from '@/components/Controls'
import { StateGlyph, StateLegend } from '@/components/state/StateGlyph'
import { listMoves } from '@/components/VirtualList'
import { useNow } from '@/lib/clock'
import { useDates } from '@/lib/dates'
import { count, counted, duration } from '@/lib/durations'
import { useKeys } from '@/lib/keys'
import { links } from '@/lib/links'
import { useFootNote } from '@/lib/screen'
import { useSlots } from '@/lib/slots'
import { strings } from '@/lib/strings'
import { useQueryParams } from '@/lib/url'
import { recentRunsQuery } from '../api/runs'
import { runsTable } from '../tables'
import { axisOf, runTimeline, type RunSpan } from '../timeline'

const text = strings.dags.timeline
/** All of them are rows of the page. */
const COUNTS = ['25', '50', '100'] as const

/** The recent runs over time: when each began, how long it took, and which ran side by side. */
export function DagTimeline({ head }: { head: DagHead }) {
  const [params, patch] = useQueryParams()
  const shown = COUNTS.find((one) => one === params.get('runs')) ?? '25'
  const query = useQuery(recentRunsQuery(head.dag_id, Number(shown)))
  return (
    <>
      <div className="tool">
        <Segmented
          label={text.shown}
          choices={COUNTS.map((value) => ({ value, label: text.runs(value) }))}
          value={shown}
          onChange={(value) => patch({ runs: value === '25' ? null : value })}
        />
        <div className="grow" />
        <StateLegend states={['success', 'failed', 'running', 'queued']} />
      </div>
      <Loading query={query}>
        {(page) =>
          page.runs.length === 0 ? (
            <Blank title={strings.dags.grid.none} />
          ) : (
            <Chart dagId={head.dag_id} runs={page.runs} all={page.total} />
          )
        }
      </Loading>
    </>
  )
}

function Chart({ dagId, runs, all }: { dagId: string; runs: RunFacts[]; all: ListTotal }) {
  const live = runs.some((run) => run.end === null)
  const now = useNow(live ? 1_000 : 60_000)
  const dates = useDates()
  const [params, patch] = useQueryParams()
  const [, navigate] = useLocation()
  const { Acts } = useSlots()
  const list = useRef<HTMLDivElement>(null)
  const timeline = runTimeline(runs, now)
  const axis = axisOf(timeline)
  const cursor = runs.findIndex((run) => run.run_id === params.get('run'))
  const at = runs[cursor]
  const setCursor = (index: number) => patch({ run: runs[index]?.run_id ?? null })
  const moves = listMoves(cursor, runs.length, setCursor)
  const open = (run: RunFacts) => navigate(links.run(dagId, run.run_id))
  useKeys([
    { keys: ['j', 'ArrowDown'], label: strings.dags.keys.move, run: moves.down },
    { keys: ['k', 'ArrowUp'], show: ['J', 'K'], label: strings.dags.keys.move, run: moves.up, foot: true },
    {
      keys: ['Home', 'End'],
      label: strings.dags.keys.move,
      run: (key) => (key === 'Home' ? moves.first() : moves.last()),
    },
    { keys: ['Enter'], label: strings.dags.keys.open, run: () => at && open(at), foot: true },
  ])
  const table = useChartTable(() => [runsTable(text.label, runs, now, dates)])
  useFootNote(text.note(count(runs.length), counted(all), count(timeline.peak)))
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' })
  }, [cursor])
  const share = (instant: number) => `${String(((instant - timeline.from) / (timeline.to - timeline.from)) * 100)}%`

  return (
    <div ref={list} className="rt scroll" role="grid" aria-label={text.label} tabIndex={0}>
      <div className="rt-head" role="presentation">
        <span className="rt-name th">{text.run}</span>
        <span className="rt-plot">
          {axis.at.map((tick) => (
            <span key={tick} className="rt-tick" style={{ left: share(tick) }}>
              {axis.day ? dates.day(tick) : dates.near(tick, now)}
            </span>
          ))}
        </span>
      </div>
      {timeline.spans.map((span, i) => (
        <div
          key={span.run.run_id}
          role="row"
          aria-selected={i === cursor}
          className="rt-row"
          onClick={() => setCursor(i)}
          onDoubleClick={() => open(span.run)}
        >
          <span className="rt-name row mid ell" role="rowheader">
            <StateGlyph state={span.run.state} />
            {dates.dateTime(span.run.run_after)}
          </span>
          <span className="rt-plot" role="gridcell">
            {axis.at.map((tick) => (
              <i key={tick} className="rt-rule" style={{ left: share(tick) }} />
            ))}
            <Bar span={span} now={now} />
          </span>
        </div>
      ))}
      <Acts
        look="keys"
        target={
          at
            ? {
                kind: 'runs',
                runs: [{ dagId, runId: at.run_id, runAfter: at.run_after, state: at.state, counts: at.counts }],
              }
            : null
        }
        anchor={() => list.current?.querySelector('[aria-selected="true"] .rt-bar') ?? null}
      />
      {table}
    </div>
  )
}

function Bar({ span: { run, left, width }, now }: { span: RunSpan; now: number }) {
  const dates = useDates()
  const took = run.start === null ? null : duration((run.end ?? now) - run.start)
  const words = took === null ? text.waits : text.took(dates.exact(run.start ?? run.run_after), took)
  return (
    <>
      <i className={`rt-bar ${run.state}`} style={{ left: percent(left), width: percent(width) }} title={words} />
      <span className="rt-took" style={{ left: percent(left + width) }}>
        {took ?? text.waits}
      </span>
    </>
  )
}

const percent = (share: number) => `${String(share * 100)}%`
