import { useInfiniteQuery } from '@tanstack/react-query'
import { Play } from 'lucide-react'
import { useCallback, useMemo } from 'react'
import { useLocation } from 'wouter'
import type { DagRow } from '@/api/contract'
import { Blank, Loading } from '@/components/Blank'
import { Button } from '@/components/Button'
import { useChartTable } from '@/components/ChartTable'
import { TopBar } from '@/components/TopBar'
import { listMoves, VirtualList } from '@/components/VirtualList'
import { useDates } from '@/lib/dates'
import { count } from '@/lib/durations'
import { useKeys } from '@/lib/keys'
import { links } from '@/lib/links'
import { useFavourite } from '@/lib/personal'
import { useFootNote, useTitle } from '@/lib/screen'
import { useSelection } from '@/lib/selection'
import { useMay } from '@/lib/session'
import { useSlots } from '@/lib/slots'
import { strings } from '@/lib/strings'
import { useQueryParams } from '@/lib/url'
import { usePause } from '../api/actions'
import { dagListQuery } from '../api/list'
import { DagRowView, type RowActions } from '../components/DagRowView'
import { DagSelection } from '../components/DagSelection'
import { DagTools } from '../components/DagTools'
import { ViewTabs } from '../components/ViewTabs'
import { filterOf, queryOf, type DagFilter } from '../model'
import { runsTable } from '../tables'

const text = strings.dags
const FILTER_RESET: Partial<DagFilter> = { q: '', tag: null, owner: null, view: 'all' }

export default function DagsPage() {
  useTitle(text.title)
  const [params, patch] = useQueryParams()
  const filter = filterOf(params)
  const query = useInfiniteQuery(dagListQuery(filter))
  const pages = query.data?.pages
  const first = pages?.[0]
  const setFavourite = useFavourite()
  const rows = useMemo(() => pages?.flatMap((page) => page.dags) ?? [], [pages])
  const total = first?.total ?? 0
  const shown = useMemo(() => rows.map((one) => one.dag_id), [rows])
  const selection = useSelection(shown)
  const { toggle } = selection
  const [, navigate] = useLocation()
  const { openTrigger } = useSlots()
  const may = useMay('user')
  const pause = usePause()
  const dates = useDates()

  const cursorId = params.get('sel')
  const cursor = rows.findIndex((row) => row.dag_id === cursorId)
  const row = rows[cursor]
  const setCursor = (index: number) => patch({ sel: rows[index]?.dag_id ?? null })
  const onFilter = useCallback(
    (change: Partial<DagFilter>) =>
      patch({
        ...change,
        ...(change.view === 'all' && { view: null }),
        ...(change.sort === 'dag_id' && { sort: null }),
      }),
    [patch],
  )
  const actions = useMemo(
    (): RowActions => ({ toggle, star: setFavourite, pause: (id, paused) => void pause(id, paused), filter: onFilter }),
    [toggle, setFavourite, pause, onFilter],
  )
  const open = (one: DagRow) => navigate(links.dag(one.dag_id))
  // Whoever typed a name means the first that has it.
  const meant = row ?? (filter.q === '' ? undefined : rows[0])
  const openFailure = () => {
    const failed = row?.last_runs.findLast((run) => run.state === 'failed')
    if (row && failed) navigate(links.dag(row.dag_id, 'grid', { run: failed.run_id }))
  }

  const move = listMoves(cursor, rows.length, setCursor)
  useKeys([
    { keys: ['j', 'ArrowDown'], show: ['J'], label: '', run: move.down },
    { keys: ['k', 'ArrowUp'], show: ['J', 'K'], label: text.keys.move, run: move.up, foot: true },
    { keys: ['Enter'], label: text.keys.open, run: () => meant && open(meant), foot: true },
    { keys: ['f'], label: text.keys.failure, run: openFailure, foot: true },
    {
      keys: ['s'],
      label: text.keys.star,
      run: () => row && setFavourite(row.dag_id, !row.is_favourite),
      foot: true,
    },
  ])
  const extend = (by: 1 | -1) => {
    const next = rows[move.next(by)]
    if (!next) return
    if (row) selection.extendTo(row.dag_id)
    selection.extendTo(next.dag_id)
    setCursor(move.next(by))
  }
  useKeys(
    [
      { keys: ['x'], label: text.keys.select, run: () => row && toggle(row.dag_id), foot: true },
      {
        keys: ['Shift+ArrowDown', 'Shift+ArrowUp', 'Shift+j', 'Shift+k'],
        show: ['Shift', '↑', '↓'],
        label: strings.acts.keys.extend,
        run: (key) => extend(/Down|j/.test(key) ? 1 : -1),
      },
      { keys: ['t'], label: text.keys.trigger, run: () => row && openTrigger(row.dag_id), foot: true },
      { keys: ['p'], label: text.keys.pause, run: () => row && void pause(row.dag_id, !row.is_paused), foot: true },
    ],
    { off: !may },
  )
  const table = useChartTable(
    () => (row ? [runsTable(text.lastOf(row.dag_id), [...row.last_runs].reverse(), Date.now(), dates)] : []),
    { off: !row },
  )
  useFootNote(rows.length > 0 ? text.shown(1, count(rows.length), count(total)) : '')

  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage])

  return (
    <>
      <TopBar
        actions={
          may &&
          row && (
            <Button look="primary" icon={Play} hint="T" onClick={() => openTrigger(row.dag_id)}>
              {text.trigger}
            </Button>
          )
        }
      >
        <h1>{text.title}</h1>
        {first && <span className="t12 i3">{count(first.counts.all)}</span>}
      </TopBar>
      <ViewTabs filter={filter} onFilter={onFilter} counts={first?.counts} />
      <DagTools filter={filter} onFilter={onFilter} total={total} />
      <Loading query={query}>
        {() =>
          rows.length === 0 ? (
            <Nothing filter={filter} onFilter={onFilter} none={first?.counts.all === 0} />
          ) : (
            <VirtualList
              rows={rows}
              rowKey={(one) => one.dag_id}
              template="dag-list"
              label={text.title}
              cursor={cursor}
              onCursor={setCursor}
              onOpen={open}
              {...(may && { onExtend: (one: DagRow) => selection.extendTo(one.dag_id) })}
              onEnd={onEnd}
              head={<Head />}
              rowClass={(one) => (one.is_paused ? 'off' : '')}
              row={(one) => (
                <DagRowView
                  row={one}
                  checked={selection.keys.has(one.dag_id)}
                  starred={one.is_favourite}
                  mayAct={may}
                  actions={actions}
                />
              )}
            />
          )
        }
      </Loading>
      <DagSelection selection={selection} />
      {table}
    </>
  )
}

function Head() {
  const { head } = text
  return (
    <>
      <span role="columnheader">
        <span className="sr">{head.select}</span>
      </span>
      <span role="columnheader">
        <span className="sr">{head.state}</span>
      </span>
      <span role="columnheader">{head.dag}</span>
      <span role="columnheader">{head.last}</span>
      <span role="columnheader">{head.lastRun}</span>
      <span role="columnheader" className="r c-p50">
        {head.p50}
      </span>
      <span role="columnheader" className="c-schedule">
        {head.schedule}
      </span>
      <span role="columnheader">{head.next}</span>
      <span role="columnheader" className="c-tags">
        {head.tags}
      </span>
      <span role="columnheader" className="c-owner">
        {head.owner}
      </span>
      <span role="columnheader" className="r">
        {head.on}
      </span>
    </>
  )
}

function Nothing({
  filter,
  onFilter,
  none,
}: {
  filter: DagFilter
  onFilter: (patch: Partial<DagFilter>) => void
  none: boolean
}) {
  if (none) return <Blank title={text.none}>{text.noneText}</Blank>
  if (filter.view === 'favourites' && queryOf({ ...filter, sort: 'dag_id' }) === 'view=favourites')
    return <Blank title={text.noFavourites}>{text.noFavouritesText}</Blank>
  const parts = [
    filter.q !== '' && { what: filter.q, patch: { q: '' } },
    filter.tag !== null && { what: `tag ${filter.tag}`, patch: { tag: null } },
    filter.owner !== null && { what: `owner ${filter.owner}`, patch: { owner: null } },
  ].filter((part) => part !== false)
  return (
    <Blank
      title={text.noHit}
      actions={
        <>
          {parts.length > 1 &&
            parts.map((part) => (
              <Button key={part.what} onClick={() => onFilter(part.patch)}>
                {text.drop(part.what)}
              </Button>
            ))}
          <Button onClick={() => onFilter(FILTER_RESET)}>{text.dropAll}</Button>
        </>
      }
    />
  )
}
