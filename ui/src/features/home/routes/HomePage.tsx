import { useQuery } from '@tanstack/react-query'
import { Moon, Search, Sun, X } from 'lucide-react'
import type { Home } from '@/api/contract'
import { Bones, Failed, StaleBar } from '@/components/Blank'
import { useChartTable } from '@/components/ChartTable'
import { Button, IconButton, Kbd } from '@/components/Button'
import { Segmented } from '@/components/Controls'
import { Icon } from '@/components/Icon'
import { StateGlyph } from '@/components/state/StateGlyph'
import { TopBar } from '@/components/TopBar'
import { useNow } from '@/lib/clock'
import { useDates } from '@/lib/dates'
import { age, count } from '@/lib/durations'
import { useFootNote, useTitle } from '@/lib/screen'
import { navQuery } from '@/lib/session'
import { useSlots } from '@/lib/slots'
import { useStore } from '@/lib/store'
import { strings } from '@/lib/strings'
import { effectiveTheme, themeChoice, toggleTheme } from '@/lib/theme'
import { useQueryParams } from '@/lib/url'
import { homeQuery, SPANS, type SpanHours } from '../api/home'
import { bucketMs, bucketText, totalsOf } from '../chart'
import { ActivityChart, spanText } from '../components/ActivityChart'
import { AttentionList } from '../components/AttentionList'
import { FirstStart } from '../components/FirstStart'
import { HealthStrip } from '../components/HealthStrip'
import { LongestRunning, NextRuns } from '../components/RunLists'
import { homeTables } from '../components/tables'
import { hoursOf, spanOf, type TimeSpan } from '../model'

const text = strings.home
const hoursText = (hours: SpanHours) => (hours > 48 ? `${String(hours / 24)} d` : `${String(hours)} h`)
const HOURS = SPANS.map((hours) => ({ value: String(hours), label: hoursText(hours) }))

export default function HomePage() {
  useTitle(text.title)
  const [params] = useQueryParams()
  const query = useQuery(homeQuery(hoursOf(params)))
  const dates = useDates()
  const now = useNow()
  const home = query.data
  const first = home?.has_dags === false
  const tables = useChartTable(() => (home ? homeTables(home, query.dataUpdatedAt, dates) : []), {
    off: !home || first,
  })
  return (
    <>
      <TopBar actions={<Actions />}>
        <h1>{text.title}</h1>
        {!first && <span className="t12 i3 nowrap">{dates.day(now)}</span>}
      </TopBar>
      {home && <LastRead at={query.dataUpdatedAt} />}
      {query.error && home && (
        <StaleBar error={query.error} since={query.dataUpdatedAt} onRetry={() => void query.refetch()} />
      )}
      {query.error && !home ? (
        <Failed error={query.error} onRetry={() => void query.refetch()} />
      ) : first ? (
        <FirstStart importErrors={home.health.import_errors} />
      ) : (
        <Content home={home} />
      )}
      {tables}
    </>
  )
}

/** Search stands here in words; everywhere else it is a key. */
function Actions() {
  const { openPalette } = useSlots()
  useStore(themeChoice)
  return (
    <>
      <button type="button" className="field home-search" onClick={openPalette}>
        <Icon of={Search} size={14} />
        <span className="grow t12">{text.search}</span>
        <Kbd>Ctrl</Kbd>
        <Kbd>K</Kbd>
      </button>
      <IconButton
        look="bare"
        icon={effectiveTheme() === 'dark' ? Sun : Moon}
        label={strings.account.toggleTheme}
        onClick={toggleTheme}
      />
    </>
  )
}

function LastRead({ at }: { at: number }) {
  const now = useNow()
  useFootNote(text.updated(age(now - at)))
  return null
}

function Content({ home }: { home: Home | undefined }) {
  const [params, patch] = useQueryParams()
  const span = spanOf(params)
  const onSpan = (next: TimeSpan | null) => patch({ from: next && String(next.from), to: next && String(next.to) })
  return (
    <div className="home scroll">
      <HealthStrip health={home?.health} />
      <Activity home={home} hours={hoursOf(params)} span={span} onSpan={onSpan} />
      <div className="home-cols">
        <div className="home-main">
          <h2 className="sec">
            {text.attention.title}
            {home && <span className="n">{count(home.failed_runs.total + home.import_errors.total)}</span>}
          </h2>
          {home ? <AttentionList home={home} span={span} /> : <Bones />}
        </div>
        <div className="home-side scroll">
          <h2 className="sec">{text.next.title}</h2>
          {home ? <NextRuns runs={home.next_runs} /> : <Bones rows={4} />}
          <h2 className="sec">
            {text.longest.title}
            <span className="n">{text.longest.against}</span>
          </h2>
          {home ? <LongestRunning runs={home.longest_running} /> : <Bones rows={3} />}
        </div>
      </div>
    </div>
  )
}

function Activity({
  home,
  hours,
  span,
  onSpan,
}: {
  home: Home | undefined
  hours: SpanHours
  span: TimeSpan | null
  onSpan: (span: TimeSpan | null) => void
}) {
  const [, patch] = useQueryParams()
  const dates = useDates()
  const running = useQuery(navQuery()).data?.active_runs
  const buckets = home?.activity ?? []
  const totals = totalsOf(buckets)
  const figure = (state: 'success' | 'failed' | 'running', n: number, word: string) => (
    <span className="row near">
      <StateGlyph state={state} size={12} quiet />
      <b className={state === 'failed' && n > 0 ? 'bad-t' : ''}>{count(n)}</b> {word}
    </span>
  )
  return (
    <section className="home-act">
      <h2 className="sec">
        {text.activity.title}
        <span className="n">
          {buckets.length > 0 && text.activity.span(hoursText(hours), bucketText(bucketMs(buckets)))}
        </span>
        <span className="grow" />
        {span && (
          <Button small icon={X} aria-label={text.activity.all} title={text.activity.all} onClick={() => onSpan(null)}>
            {text.activity.only(spanText(span, dates))}
          </Button>
        )}
        {home && (
          <span className="home-sums">
            {figure('success', totals.runs, text.activity.runs)}
            {figure('failed', totals.failed, text.activity.failed)}
            {running !== undefined && figure('running', running, text.activity.running)}
          </span>
        )}
        <Segmented
          small
          label={text.activity.hours}
          choices={HOURS}
          value={String(hours)}
          onChange={(value) => patch({ hours: value === '24' ? null : value, from: null, to: null })}
        />
      </h2>
      {home ? (
        <ActivityChart buckets={buckets} span={span} onSpan={onSpan} />
      ) : (
        <div className="home-chart" aria-busy="true" />
      )}
    </section>
  )
}
