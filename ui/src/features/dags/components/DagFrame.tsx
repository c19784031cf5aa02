import { useQuery } from '@tanstack/react-query'
import { ChartGantt, ChevronRight, Clock, Code, Grid3x3, Info, List, Network, Play, Star } from 'lucide-react'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { DagHead } from '@/api/contract'
import { Loading } from '@/components/Blank'
import { Button, IconButton } from '@/components/Button'
import { Switch, Tag } from '@/components/Controls'
import { Icon } from '@/components/Icon'
import { StateGlyph } from '@/components/state/StateGlyph'
import { TabLinks } from '@/components/Tabs'
import { TopBar } from '@/components/TopBar'
import { useNow } from '@/lib/clock'
import { useDates } from '@/lib/dates'
import { age, counted } from '@/lib/durations'
import { useKeys } from '@/lib/keys'
import { links, type DagTab } from '@/lib/links'
import { useFavourite } from '@/lib/personal'
import { useTitle } from '@/lib/screen'
import { useMay } from '@/lib/session'
import { useSlots } from '@/lib/slots'
import { strings } from '@/lib/strings'
import { useQueryParams } from '@/lib/url'
import { usePause } from '../api/actions'
import { dagQuery } from '../api/dag'

const text = strings.dags
const TABS: { tab: DagTab; icon: typeof Grid3x3; count?: (head: DagHead) => string }[] = [
  { tab: 'grid', icon: Grid3x3 },
  { tab: 'graph', icon: Network },
  { tab: 'timeline', icon: ChartGantt },
  { tab: 'runs', icon: List, count: (head) => counted(head.total_runs) },
  { tab: 'code', icon: Code, count: (head) => `v${String(head.latest_version_number)}` },
  { tab: 'details', icon: Info },
]

/** Header and tabs of a DAG around one of them; run and task stay chosen when the tab changes. */
export function DagFrame({
  dagId,
  tab,
  children,
}: {
  dagId: string
  tab: DagTab
  children: (head: DagHead) => ReactNode
}) {
  const query = useQuery(dagQuery(dagId))
  const head = query.data
  const [params] = useQueryParams()
  const { openTrigger, DagMenu } = useSlots()
  const may = useMay('user')
  const setFavourite = useFavourite()
  const starred = head?.is_favourite === true
  const pause = usePause()
  useTitle(text.tabs[tab], dagId)
  useKeys([{ keys: ['s'], label: text.keys.star, run: () => setFavourite(dagId, !starred) }])
  useKeys(
    [
      { keys: ['t'], label: text.keys.trigger, run: () => openTrigger(dagId) },
      { keys: ['p'], label: text.keys.pause, run: () => head && void pause(dagId, !head.is_paused) },
    ],
    { off: !may },
  )
  const kept = { run: params.get('run'), task: params.get('task') }
  return (
    <>
      <TopBar
        actions={
          <>
            <IconButton
              icon={Star}
              look="bare"
              pressed={starred}
              className={starred ? 'star on' : 'star'}
              label={(starred ? text.unstar : text.star)(dagId)}
              onClick={() => setFavourite(dagId, !starred)}
            />
            {head && <DagMenu dagId={dagId} runs={head.total_runs} active={head.active_runs} />}
            {may && (
              <Button look="primary" icon={Play} hint="T" onClick={() => openTrigger(dagId)}>
                {text.trigger}
              </Button>
            )}
          </>
        }
      >
        <div className="crumb">
          <Link className="link" href={links.dags()}>
            {text.title}
          </Link>
          <Icon of={ChevronRight} size={14} />
          {head && <StateGlyph state={head.last_runs.at(-1)?.state ?? 'none'} />}
          <h1 className="here ell">{head?.display_name ?? dagId}</h1>
        </div>
        {head && <Facts head={head} mayAct={may} onPause={(paused) => void pause(dagId, paused)} />}
      </TopBar>
      <TabLinks
        label={text.tabs.label}
        tabs={TABS.map((one) => ({
          label: text.tabs[one.tab],
          href: links.dag(dagId, one.tab, kept),
          icon: one.icon,
          on: one.tab === tab,
          ...(head && one.count && { count: one.count(head) }),
        }))}
      />
      <Loading query={query}>{children}</Loading>
    </>
  )
}

function Facts({ head, mayAct, onPause }: { head: DagHead; mayAct: boolean; onPause: (paused: boolean) => void }) {
  const now = useNow()
  const dates = useDates()
  const next = head.next_run_after
  return (
    <>
      <span className="dag-switch">
        <Switch
          disabled={!mayAct}
          on={!head.is_paused}
          onChange={(on) => onPause(!on)}
          label={text.turn(head.dag_id, !head.is_paused)}
        />
      </span>
      <div className="vr" />
      <span className="t12 i2 row mid nowrap fact">
        <Icon of={Clock} size={14} />
        {head.schedule ?? text.byHand}
      </span>
      {head.is_paused ? (
        <span className="t12 i3 fact">{text.pausedNext}</span>
      ) : (
        next !== null && (
          <span className="t12 i3 nowrap wide-only" title={dates.exact(next)}>
            {next > now ? text.next(dates.near(next, now), age(next - now)) : text.due}
          </span>
        )
      )}
      <span className="row near wide-only">
        {head.tags.map((tag) => (
          <Tag key={tag}>{tag}</Tag>
        ))}
      </span>
    </>
  )
}
