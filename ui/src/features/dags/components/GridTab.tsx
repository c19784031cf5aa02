import { useInfiniteQuery } from '@tanstack/react-query'
import { Play } from 'lucide-react'
import { useCallback, useMemo, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import type { DagHead } from '@/api/contract'
import { Blank, Loading } from '@/components/Blank'
import { Button } from '@/components/Button'
import { useChartTable } from '@/components/ChartTable'
import { GridView, type GridHandle } from '@/grid/GridView'
import { moved, nextFailure, type Direction, type Place } from '@/grid/moves'
import { groupIds, rowsOf } from '@/grid/rows'
import { useDates } from '@/lib/dates'
import { count, counted, plural } from '@/lib/durations'
import { useKeys } from '@/lib/keys'
import { links } from '@/lib/links'
import { useRoom } from '@/lib/media'
import { useFootNote } from '@/lib/screen'
import { useSlots } from '@/lib/slots'
import { strings } from '@/lib/strings'
import { showToast } from '@/lib/toasts'
import { useQueryParams } from '@/lib/url'
import { gridQuery } from '../api/dag'
import { choicesOf, choicesPatch, mergedPages, useClosedGroups } from '../grid-model'
import { gridTable } from '../tables'
import { useGridSelection } from '../use-grid-selection'
import { GridSelected } from './GridSelected'
import { cellWords, GridTip } from './GridTip'
import { GridTools } from './GridTools'
import { GroupPanel } from './GroupPanel'
import { LastRunList } from './LastRunList'

const text = strings.dags.grid
const { keys } = strings.dags

export function GridTab({ head }: { head: DagHead }) {
  const [params, patch] = useQueryParams()
  const room = useRoom()
  const choices = choicesOf(params, room === 'wide')
  const query = useInfiniteQuery(
    gridQuery(head.dag_id, { runs: choices.runs, run_type: choices.runType, state: choices.state }),
  )
  const grid = useMemo(() => query.data && mergedPages(query.data.pages), [query.data])
  const [closed, setClosed] = useClosedGroups(head.dag_id)
  const [hover, setHover] = useState<{ place: Place; at: { x: number; y: number } } | null>(null)
  const view = useRef<GridHandle>(null)
  const [, navigate] = useLocation()
  const { TaskPanel } = useSlots()
  const dates = useDates()

  const small = room === 'small'
  const newest = grid?.runs.at(-1)
  const tree = grid?.tree ?? NO_NODES
  const runs = grid?.runs ?? NO_RUNS
  const rows = useMemo(() => rowsOf(tree, closed, choices.filter), [tree, closed, choices.filter])
  const cursor = placeOf(params.get('run'), params.get('task'))
  const run = cursor && runs[cursor.column]
  const row = cursor && rows[cursor.line]
  const node = row ? tree[row.node] : undefined

  function placeOf(runId: string | null, taskId: string | null): Place | null {
    const column = runs.findIndex((one) => one.run_id === runId)
    const line = rows.findIndex((one) => tree[one.node]?.id === taskId)
    return column < 0 || line < 0 ? null : { column, line }
  }
  const { selection, clear, dragRuns, dragCells } = useGridSelection(tree, rows, runs, cursor)
  const pick = (place: Place | null, keep = false) => {
    if (place === null) return
    if (!keep) clear()
    const at = rows[place.line]
    patch({ run: runs[place.column]?.run_id ?? null, task: at ? (tree[at.node]?.id ?? null) : null })
  }
  const close = () => patch({ run: null, task: null })
  const fold = useCallback(
    (id: string) =>
      setClosed((last) => {
        const next = new Set(last)
        if (!next.delete(id)) next.add(id)
        return next
      }),
    [setClosed],
  )
  // Runs are selected one after the other: arrows walk on to the next.
  const move = (direction: Direction) =>
    pick(moved(cursor, direction, runs.length, rows.length), selection?.nodes === null)
  const toFailure = () => {
    const place = nextFailure(cursor, runs, rows)
    if (place) pick(place)
    else showToast({ text: text.noFailure })
  }
  // The panel answers this key too, but it may still be on its way.
  const enter = () => {
    if (!row || !run || !node) return
    if (row.isGroup) fold(node.id)
    else navigate(links.task(head.dag_id, run.run_id, node.id))
  }
  useKeys([
    { keys: ['ArrowUp', 'k'], show: ['↑'], label: '', run: () => move('up') },
    { keys: ['ArrowDown', 'j'], show: ['↓'], label: '', run: () => move('down') },
    { keys: ['ArrowLeft'], label: '', run: () => move('left') },
    { keys: ['ArrowRight'], show: ['↑', '↓', '←', '→'], label: keys.move, run: () => move('right'), foot: true },
    { keys: ['f'], label: keys.nextFailure, run: toFailure, foot: true },
    { keys: ['Space'], label: keys.fold, run: () => row?.isGroup && node && fold(node.id) },
    { keys: ['Enter'], label: keys.open, run: enter },
    { keys: ['['], label: '', run: () => view.current?.page(-1) },
    { keys: [']'], show: ['[', ']'], label: keys.older, run: () => view.current?.page(1), foot: true },
  ])
  const table = useChartTable(() => [gridTable(tree, rows, runs, dates)], { off: runs.length === 0 })
  useFootNote(
    grid
      ? text.loaded(
          plural(tree.filter((one) => one.kind === 'task').length, 'task'),
          count(runs.length),
          counted(grid.total),
        )
      : '',
  )

  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query
  const onOldest = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage])
  const hovered = hover && { run: runs[hover.place.column], row: rows[hover.place.line] }
  const hoveredNode = hovered?.row && tree[hovered.row.node]

  return (
    <>
      <GridTools
        choices={choices}
        onChange={(change) => patch(choicesPatch(change))}
        onFold={(open) => setClosed(new Set(open ? [] : groupIds(tree)))}
      />
      <div className="body">
        <div className="stack">
          <Loading query={query}>
            {() =>
              runs.length === 0 ? (
                <NoRuns head={head} filtered={choices.runType !== null || choices.state !== null} />
              ) : small && newest ? (
                <LastRunList
                  dagId={head.dag_id}
                  tree={tree}
                  rows={rows}
                  run={newest}
                  cursor={cursor?.line ?? -1}
                  onPick={(line) => pick({ column: runs.length - 1, line })}
                  onFold={fold}
                />
              ) : (
                <GridView
                  ref={view}
                  tree={tree}
                  rows={rows}
                  runs={runs}
                  cursor={cursor}
                  selection={selection}
                  onDragRuns={dragRuns}
                  onDragCells={dragCells}
                  typical={head.typical_duration}
                  axisLabel={text.axis}
                  label={text.label}
                  spoken={
                    run && row && node
                      ? [node.id, dates.dateTime(run.run_after), cellWords(run.cells[row.node] ?? null)].join(', ')
                      : ''
                  }
                  onPick={pick}
                  onFold={fold}
                  onOpenRun={(one) => navigate(links.run(head.dag_id, one.run_id))}
                  onOldest={onOldest}
                  onHover={(place, at) => setHover(place && { place, at })}
                />
              )
            }
          </Loading>
        </div>
        {selection === null &&
          !small &&
          run &&
          row &&
          node &&
          (row.isGroup ? (
            <GroupPanel
              dagId={head.dag_id}
              group={row.node}
              tree={tree}
              run={run}
              onPick={(task) => patch({ task })}
              onClose={close}
            />
          ) : (
            <TaskPanel dagId={head.dag_id} runId={run.run_id} taskId={node.id} onClose={close} />
          ))}
      </div>
      {table}
      {selection && <GridSelected dagId={head.dag_id} selection={selection} tree={tree} runs={runs} onClear={clear} />}
      {hover && selection === null && hovered?.run && hovered.row && hoveredNode && (
        <GridTip
          name={hoveredNode.label}
          when={dates.dateTime(hovered.run.run_after)}
          words={cellWords(hovered.run.cells[hovered.row.node] ?? null)}
          at={hover.at}
        />
      )}
    </>
  )
}

const NO_NODES: never[] = []
const NO_RUNS: never[] = []

function NoRuns({ head, filtered }: { head: DagHead; filtered: boolean }) {
  const { openTrigger } = useSlots()
  const dates = useDates()
  if (filtered) return <Blank title={text.noHit} />
  const when = head.is_paused
    ? text.nonePaused
    : head.next_run_after === null
      ? text.noneByHand
      : text.noneNext(dates.dateTime(head.next_run_after))
  return (
    <Blank
      title={text.none}
      actions={
        <Button look="primary" icon={Play} onClick={() => openTrigger(head.dag_id)}>
          {strings.dags.trigger}
        </Button>
      }
    >
      {when}
    </Blank>
  )
}
