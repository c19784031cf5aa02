import { useInfiniteQuery } from '@tanstack/react-query'
import { useCallback, useMemo } from 'react'
import { Link, useLocation } from 'wouter'
import type { RunFacts, RunState } from '@/api/contract'
import { Blank, Loading } from '@/components/Blank'
import { Button } from '@/components/Button'
import { ShareBar } from '@/components/Charts'
import { Segmented } from '@/components/Controls'
import { Menu, Popover } from '@/components/Popover'
import { Token } from '@/components/SearchField'
import { StateGlyph, StateText } from '@/components/state/StateGlyph'
import { countsInWords, RUN_TYPES, STATES, statesIn, totalOf } from '@/components/state/table'
import { listMoves, VirtualList } from '@/components/VirtualList'
import { useNow } from '@/lib/clock'
import { useDates } from '@/lib/dates'
import { count, duration } from '@/lib/durations'
import { useKeys } from '@/lib/keys'
import { links } from '@/lib/links'
import { useFootNote } from '@/lib/screen'
import { strings } from '@/lib/strings'
import { useQueryParams } from '@/lib/url'
import { runListQuery } from '../api/list'
import { runFilterOf, shareOfUsual } from '../list-model'

const text = strings.runs
const STATE_CHOICES = (['all', 'failed', 'running', 'queued', 'success'] as const).map((value) => ({
  value,
  label: text.states[value],
}))
const TYPE_CHOICES = [
  { key: '', label: text.types.all },
  { key: 'scheduled', label: text.types.scheduled },
  { key: 'manual', label: text.types.manual },
  { key: 'asset_triggered', label: text.types.asset },
  { key: 'backfill', label: text.types.backfill },
  { key: 'operator_triggered', label: text.types.operator },
]

/** Runs of one DAG, or of all. */
export function RunList({ dagId }: { dagId: string | null }) {
  const [params, patch] = useQueryParams()
  const only = dagId === null ? params.get('dag') : null
  const filter = runFilterOf(params, dagId)
  const unfiltered = filter.state === null && filter.run_type === null && only === null
  const showAll = () => patch({ state: null, type: null, dag: null })
  const query = useInfiniteQuery(runListQuery(filter))
  const pages = query.data?.pages
  const rows = useMemo(() => pages?.flatMap((page) => page.runs) ?? [], [pages])
  const [, navigate] = useLocation()
  const open = (run: RunFacts) => navigate(links.run(run.dag_id, run.run_id))
  const cursor = rows.findIndex((run) => keyOf(run) === params.get('sel'))
  const setCursor = (index: number) => {
    const run = rows[index]
    patch({ sel: run ? keyOf(run) : null })
  }
  const row = rows[cursor]
  const move = listMoves(cursor, rows.length, setCursor)
  useKeys([
    { keys: ['j', 'ArrowDown'], label: text.keys.move, run: move.down },
    { keys: ['k', 'ArrowUp'], show: ['J', 'K'], label: text.keys.move, run: move.up, foot: true },
    {
      keys: ['PageDown', 'PageUp'],
      label: text.keys.move,
      run: (key) => (key === 'PageDown' ? move.pageDown() : move.pageUp()),
    },
    { keys: ['Home', 'End'], label: text.keys.move, run: (key) => (key === 'Home' ? move.first() : move.last()) },
    { keys: ['Enter'], label: text.keys.open, run: () => row && open(row), foot: true },
  ])
  useKeys(
    [
      {
        keys: ['f'],
        label: text.keys.onlyDag,
        run: () => patch({ dag: only === null ? (row?.dag_id ?? null) : null }),
        foot: true,
      },
    ],
    {
      off: dagId !== null,
    },
  )
  const total = pages?.[0]?.total ?? 0
  useFootNote(rows.length > 0 ? strings.dags.shown(1, count(rows.length), count(total)) : '')
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage])

  return (
    <>
      <div className="tool">
        <Segmented
          label={text.states.label}
          choices={STATE_CHOICES}
          value={filter.state ?? 'all'}
          onChange={(value: RunState | 'all') => patch({ state: value === 'all' ? null : value })}
        />
        <Popover
          label={text.types.label}
          trigger={(props) => (
            <Button {...props} pressed={filter.run_type !== null}>
              {TYPE_CHOICES.find((one) => one.key === (filter.run_type ?? ''))?.label}
            </Button>
          )}
        >
          {(close) => (
            <Menu
              close={close}
              items={TYPE_CHOICES.map((one) => ({
                ...one,
                on: one.key === (filter.run_type ?? ''),
                run: () => patch({ type: one.key }),
              }))}
            />
          )}
        </Popover>
        {only !== null && <Token name={text.head.dag} value={only} onRemove={() => patch({ dag: null })} />}
        <div className="grow" />
        <span className="t12 i3">{text.matches(count(total))}</span>
      </div>
      <Loading query={query}>
        {() =>
          rows.length === 0 ? (
            <Blank
              title={unfiltered ? text.none : text.noHit}
              actions={!unfiltered && <Button onClick={showAll}>{text.showAll}</Button>}
            />
          ) : (
            <VirtualList
              newestFirst
              rows={rows}
              rowKey={keyOf}
              template={dagId === null ? 'run-list with-dag' : 'run-list'}
              label={text.title}
              cursor={cursor}
              onCursor={setCursor}
              onOpen={open}
              onEnd={onEnd}
              head={<Head withDag={dagId === null} />}
              row={(run) => <Row run={run} withDag={dagId === null} />}
            />
          )
        }
      </Loading>
    </>
  )
}

const keyOf = (run: RunFacts) => `${run.dag_id} ${run.run_id}`

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

function Head({ withDag }: { withDag: boolean }) {
  return (
    <>
      {withDag && <span role="columnheader">{text.head.dag}</span>}
      {HEADS.map(([name, className]) => (
        <span key={name} role="columnheader" className={className}>
          {text.head[name]}
        </span>
      ))}
    </>
  )
}

function Row({ run, withDag }: { run: RunFacts; withDag: boolean }) {
  const dates = useDates()
  const shares = statesIn(run.counts).map((state) => ({
    value: run.counts[state] ?? 0,
    paint: state === 'success' ? 'bg-ok-q' : `bg-${STATES[state].family}`,
  }))
  return (
    <>
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
