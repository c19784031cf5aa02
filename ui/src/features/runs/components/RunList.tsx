import { useInfiniteQuery } from '@tanstack/react-query'
import { useCallback, useMemo } from 'react'
import { useLocation } from 'wouter'
import type { RunFacts, RunState } from '@/api/contract'
import { Loading, NoRows } from '@/components/Blank'
import { Button } from '@/components/Button'
import { Segmented } from '@/components/Controls'
import { Menu, Popover } from '@/components/Popover'
import { Token } from '@/components/SearchField'
import { listMoves, VirtualList } from '@/components/VirtualList'
import { count, counted } from '@/lib/durations'
import { useKeys } from '@/lib/keys'
import { links } from '@/lib/links'
import { useFootNote } from '@/lib/screen'
import { strings } from '@/lib/strings'
import { useQueryParams } from '@/lib/url'
import { useMay } from '@/lib/session'
import { useSelection } from '@/lib/selection'
import { runListQuery } from '../api/list'
import { keyOf, runFilterOf } from '../list-model'
import { RunHead, RunRow } from './RunRow'
import { RunSelection } from './RunSelection'

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
  const shown = useMemo(() => rows.map(keyOf), [rows])
  const may = useMay('user')
  const selection = useSelection(shown)
  const selected = rows.filter((run) => selection.keys.has(keyOf(run)))
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
  const extend = (by: 1 | -1) => {
    const next = rows[move.next(by)]
    if (!next) return
    if (row) selection.extendTo(keyOf(row))
    selection.extendTo(keyOf(next))
    setCursor(move.next(by))
  }
  useKeys(
    [
      { keys: ['x'], label: strings.acts.keys.select, run: () => row && selection.toggle(keyOf(row)), foot: true },
      {
        keys: ['Shift+ArrowDown', 'Shift+ArrowUp', 'Shift+j', 'Shift+k'],
        show: ['Shift', '↑', '↓'],
        label: strings.acts.keys.extend,
        run: (key) => extend(/Down|j/.test(key) ? 1 : -1),
      },
    ],
    { off: !may },
  )
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
  const all = counted(pages?.[0]?.total ?? { count: 0, or_more: false })
  useFootNote(rows.length > 0 ? strings.dags.shown(1, count(rows.length), all) : '')
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
        <span className="t12 i3">{text.matches(all)}</span>
      </div>
      <Loading query={query}>
        {() =>
          rows.length === 0 ? (
            <NoRows none={text.none} noHit={text.noHit} filtered={!unfiltered} query={query} onAll={showAll} />
          ) : (
            <VirtualList
              newestFirst
              rows={rows}
              rowKey={keyOf}
              template={`run-list${dagId === null ? ' with-dag' : ''}${may ? '' : ' no-check'}`}
              label={text.title}
              cursor={cursor}
              onCursor={setCursor}
              onOpen={open}
              {...(may && { onExtend: (run: RunFacts) => selection.extendTo(keyOf(run)) })}
              onEnd={onEnd}
              head={<RunHead withDag={dagId === null} />}
              row={(run) => <RunRow run={run} withDag={dagId === null} selection={may ? selection : null} />}
            />
          )
        }
      </Loading>
      <RunSelection selected={selected} row={row} onClear={selection.clear} />
    </>
  )
}
