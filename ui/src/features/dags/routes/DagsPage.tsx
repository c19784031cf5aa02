import { useInfiniteQuery } from '@tanstack/react-query'
import { Play } from 'lucide-react'
import { useCallback, useMemo, useState } from 'react'
import { useLocation } from 'wouter'
import type { DagRow } from '@/api/contract'
import { Blank, Loading } from '@/components/Blank'
import { Button } from '@/components/Button'
import { TabChoices } from '@/components/Tabs'
import { TopBar } from '@/components/TopBar'
import { listMoves, VirtualList } from '@/components/VirtualList'
import { count } from '@/lib/durations'
import { useKeys } from '@/lib/keys'
import { links } from '@/lib/links'
import { useFootNote, useTitle } from '@/lib/screen'
import { useSlots } from '@/lib/slots'
import { strings } from '@/lib/strings'
import { useQueryParams } from '@/lib/url'
import { usePause, usePauseMany, useTriggerMany } from '../api/actions'
import { dagListQuery } from '../api/list'
import { DagRowView, type RowActions } from '../components/DagRowView'
import { DagTools } from '../components/DagTools'
import { filterOf, VIEWS, type DagFilter, type View } from '../model'

const text = strings.dags
const FILTER_RESET: Partial<DagFilter> = { q: '', tag: null, owner: null, view: 'all' }

export default function DagsPage() {
  useTitle(text.title)
  const [params, patch] = useQueryParams()
  const filter = filterOf(params)
  const query = useInfiniteQuery(dagListQuery(filter))
  const pages = query.data?.pages
  const rows = useMemo(() => pages?.flatMap((page) => page.dags) ?? [], [pages])
  const first = pages?.[0]
  const [checked, setChecked] = useState<ReadonlySet<string>>(new Set())
  const [, navigate] = useLocation()
  const { openTrigger } = useSlots()
  const pause = usePause()
  const pauseMany = usePauseMany()
  const triggerMany = useTriggerMany()

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
  const toggle = useCallback(
    (dagId: string) =>
      setChecked((last) => {
        const next = new Set(last)
        if (!next.delete(dagId)) next.add(dagId)
        return next
      }),
    [],
  )
  const actions = useMemo(
    (): RowActions => ({ toggle, pause: (id, paused) => void pause(id, paused), filter: onFilter }),
    [toggle, pause, onFilter],
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
    { keys: ['x'], label: text.keys.select, run: () => row && toggle(row.dag_id), foot: true },
    { keys: ['Enter'], label: text.keys.open, run: () => meant && open(meant), foot: true },
    { keys: ['t'], label: text.keys.trigger, run: () => row && openTrigger(row.dag_id), foot: true },
    { keys: ['p'], label: text.keys.pause, run: () => row && void pause(row.dag_id, !row.is_paused), foot: true },
    { keys: ['f'], label: text.keys.failure, run: openFailure, foot: true },
    {
      keys: VIEWS.map((_, i) => String(i + 1)),
      show: ['1', '–', String(VIEWS.length)],
      label: text.keys.view,
      run: (key) => onFilter({ view: VIEWS[Number(key) - 1] ?? 'all' }),
      foot: true,
    },
  ])
  useFootNote(first && rows.length > 0 ? text.shown(1, count(rows.length), count(first.total)) : '')

  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage])

  const clear = () => setChecked(new Set())
  const ids = [...checked]
  const tabs = VIEWS.map((view) => ({
    value: view,
    label: text.views[view],
    bad: view === 'failing',
    ...(first && { count: count(first.counts[view]) }),
  }))
  return (
    <>
      <TopBar
        actions={
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
      <TabChoices<View>
        tabs={tabs}
        value={filter.view}
        onChange={(view) => onFilter({ view })}
        label={text.views.label}
      />
      <DagTools
        filter={filter}
        onFilter={onFilter}
        total={first?.total ?? 0}
        bulk={{
          selected: ids.length,
          clear,
          pause: () => void pauseMany(ids, true),
          resume: () => void pauseMany(ids, false),
          trigger: () => void triggerMany(ids),
        }}
      />
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
              onEnd={onEnd}
              head={<Head />}
              rowClass={(one) => (one.is_paused ? 'off' : '')}
              row={(one) => <DagRowView row={one} checked={checked.has(one.dag_id)} actions={actions} />}
            />
          )
        }
      </Loading>
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
