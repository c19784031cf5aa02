import { useQuery } from '@tanstack/react-query'
import { ChevronRight, PanelRight } from 'lucide-react'
import { Fragment } from 'react'
import { Link } from 'wouter'
import type { TaskInstanceDetail } from '@/api/contract'
import { Loading } from '@/components/Blank'
import { useChartTable } from '@/components/ChartTable'
import { IconButton } from '@/components/Button'
import { Tag } from '@/components/Controls'
import { Icon } from '@/components/Icon'
import { StatePill } from '@/components/state/StateGlyph'
import { STATES } from '@/components/state/table'
import { TopBar } from '@/components/TopBar'
import { oneTask } from '@/lib/acts'
import { useDates } from '@/lib/dates'
import { count } from '@/lib/durations'
import { useKeys } from '@/lib/keys'
import { links } from '@/lib/links'
import { useTitle } from '@/lib/screen'
import { useSlots } from '@/lib/slots'
import { createKept, useStore } from '@/lib/store'
import { strings } from '@/lib/strings'
import { useQueryParams } from '@/lib/url'
import { taskInstanceQuery } from '../api/detail'
import { AttemptStrip } from '../components/AttemptStrip'
import { InstanceMenu, InstanceSteps } from '../components/InstanceNav'
import { Instances } from '../components/Instances'
import { SIDE_TABS, SidePanel, type SideTab } from '../components/SidePanel'
import { SummaryPanel } from '../components/SummaryPanel'
import { WhyPlace } from '../components/Why'
import { exitWords, expandedOf, isWaiting, lookMs, neverRan } from '../model'
import { taskTables } from '../tables'

const text = strings.tasks
const WIDE = '(min-width: 1200px)'
/** null: as the width of the window suggests; in a narrow one the panel lies over the log. */
const sideShown = createKept<boolean | null>(
  'task-side',
  null,
  (value): value is boolean | null => value === null || typeof value === 'boolean',
)

/** A task instance: its tries, its log, and what is known of it. */
export default function TaskPage({ params }: { params: { dagId: string; runId: string; taskId: string } }) {
  const { dagId, runId, taskId } = params
  const [address, patch] = useQueryParams()
  const mapIndex = Number(address.get('map') ?? -1)
  const query = useQuery({
    ...taskInstanceQuery(dagId, runId, taskId, Number.isInteger(mapIndex) ? mapIndex : -1),
    refetchInterval: ({ state }) => lookMs(state.data),
  })
  const data = query.data
  const { Acts } = useSlots()
  const side = useStore(sideShown) ?? window.matchMedia(WIDE).matches
  const tab = SIDE_TABS.find((one) => one === address.get('tab')) ?? 'inputs'
  const setTab = (next: SideTab) => patch({ tab: next === 'inputs' ? null : next })
  const name = taskId.split('.').at(-1) ?? taskId
  const showWhy = () => {
    sideShown.set(true)
    setTab('waits')
  }
  useTitle(mapIndex < 0 ? name : `${name}[${String(mapIndex)}]`, dagId)
  useKeys([
    { keys: ['w'], label: text.keys.why, run: showWhy },
    { keys: ['i'], label: text.keys.side, run: () => sideShown.set(!side) },
  ])

  useKeys([{ keys: ['Escape'], label: text.hideSide, run: () => sideShown.set(false) }], {
    off: !side || window.matchMedia(WIDE).matches,
  })

  return (
    <>
      <TopBar
        actions={
          <>
            {data && data.map_index >= 0 && <InstanceSteps data={data} />}
            <Acts
              look="top"
              target={
                data ? oneTask(dagId, data.run_id, data.task_id, data.map_index < 0 ? null : data.map_index) : null
              }
              failed={data?.mapped?.counts.failed ?? 0}
            />
            <IconButton
              icon={PanelRight}
              look="bare"
              pressed={side}
              label={side ? text.hideSide : text.showSide}
              onClick={() => sideShown.set(!side)}
            />
          </>
        }
      >
        <Crumbs dagId={dagId} runId={runId} taskId={taskId} runAfter={data?.run.run_after} />
        {data && data.map_index >= 0 && <InstanceMenu data={data} />}
        {data?.mapped && data.mapped.total > 0 && <Tag>× {count(data.mapped.total)}</Tag>}
        {data && <StatePill state={data.state} label={pillLabel(data)} />}
      </TopBar>
      <Loading query={query}>
        {(found) => <Body key={String(found.map_index)} data={found} side={side} tab={tab} onTab={setTab} />}
      </Loading>
    </>
  )
}

function Body({
  data,
  side,
  tab,
  onTab,
}: {
  data: TaskInstanceDetail
  side: boolean
  tab: SideTab
  onTab: (tab: SideTab) => void
}) {
  const [address, patch] = useQueryParams()
  const { LogView } = useSlots()
  const last = data.attempts.at(-1)
  const attempt = data.attempts.find((one) => String(one.try_number) === address.get('try')) ?? last
  const choose = (tryNumber: number) =>
    patch({ try: tryNumber === last?.try_number ? null : String(tryNumber), line: null })
  const numbers = data.attempts.map((one) => one.try_number)
  useKeys(
    [
      {
        keys: Array.from({ length: 9 }, (_, i) => String(i + 1)),
        show: ['1', '–', String(Math.max(2, numbers.length))],
        label: text.keys.tries,
        foot: true,
        run: (key) => numbers.includes(Number(key)) && choose(Number(key)),
      },
    ],
    { off: numbers.length < 2 },
  )

  const table = useChartTable(() => taskTables(data, attempt))
  const expanded = expandedOf(data)
  const unstarted =
    attempt === undefined || (attempt === last && attempt.start === null && (isWaiting(data.state) || neverRan(data)))
  return (
    <>
      {data.attempts.length > 0 && <AttemptStrip data={data} chosen={attempt?.try_number ?? 0} onChoose={choose} />}
      <div className="body">
        {expanded ? (
          <Instances data={data} mapped={expanded} />
        ) : unstarted ? (
          <WhyPlace data={data} />
        ) : (
          <LogView
            key={attempt.try_number}
            dagId={data.dag_id}
            runId={data.run_id}
            taskId={data.task_id}
            mapIndex={data.map_index}
            tryNumber={attempt.try_number}
            exit={exitWords(attempt)}
          />
        )}
        {side && expanded && <SummaryPanel data={data} mapped={expanded} tab={tab} onTab={onTab} />}
        {side && !expanded && <SidePanel data={data} attempt={attempt} tab={tab} onTab={onTab} />}
      </div>
      {table}
    </>
  )
}

function pillLabel(data: TaskInstanceDetail): string {
  const { label } = STATES[data.state]
  return data.attempts.length > 1 ? text.inTry(label, data.try_number) : label
}

function Crumbs({
  dagId,
  runId,
  taskId,
  runAfter,
}: {
  dagId: string
  runId: string
  taskId: string
  runAfter: number | undefined
}) {
  const dates = useDates()
  const parts = taskId.split('.')
  return (
    <div className="crumb">
      <Link className="link ell" href={links.dag(dagId)}>
        {dagId}
      </Link>
      <Icon of={ChevronRight} size={14} />
      <Link className="link ell" href={links.run(dagId, runId)} title={runId}>
        {runAfter === undefined ? runId : dates.dateTime(runAfter)}
      </Link>
      <Icon of={ChevronRight} size={14} />
      {parts.slice(0, -1).map((group, i) => (
        <Fragment key={i}>
          <span className="i2">{group}</span>
          <Icon of={ChevronRight} size={14} />
        </Fragment>
      ))}
      <h1 className="here ell">{parts.at(-1)}</h1>
    </div>
  )
}
