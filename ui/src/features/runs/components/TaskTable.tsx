import { useMemo } from 'react'
import { Link, useLocation } from 'wouter'
import type { TaskState, Timeline } from '@/api/contract'
import { Blank } from '@/components/Blank'
import { Button } from '@/components/Button'
import { Checkbox, Segmented } from '@/components/Controls'
import { SearchField } from '@/components/SearchField'
import { StateText } from '@/components/state/StateGlyph'
import { countsInWords, STATES } from '@/components/state/table'
import { listMoves, VirtualList } from '@/components/VirtualList'
import { useNow } from '@/lib/clock'
import { useDates } from '@/lib/dates'
import { count, duration } from '@/lib/durations'
import { useKeys } from '@/lib/keys'
import { links } from '@/lib/links'
import { useFootNote } from '@/lib/screen'
import { useSelection, type Selection } from '@/lib/selection'
import { useMay } from '@/lib/session'
import { useSlots } from '@/lib/slots'
import { strings } from '@/lib/strings'
import { useQueryParams } from '@/lib/url'
import { TaskSelection } from './TaskSelection'
import { filteredLines, isTaskState, statesOf, taskLines, type TaskLine } from '../tasks-model'

const text = strings.run
const HEADS = [
  ['check', ''],
  ['state', ''],
  ['task', ''],
  ['operator', ''],
  ['instances', ''],
  ['began', ''],
  ['waited', 'r'],
  ['ran', 'r'],
  ['tries', 'r'],
] as const

/** The tasks of a run as a list: the same as its time line, in words and figures. */
export function TaskTable({ timeline, skew }: { timeline: Timeline; skew: number }) {
  const { run } = timeline
  const now = useNow(run.end === null ? 1_000 : 60_000) + skew
  const [params, patch] = useQueryParams()
  const [, navigate] = useLocation()
  const { TaskPanel } = useSlots()
  const may = useMay('user')
  const lines = useMemo(() => taskLines(timeline, now), [timeline, now])
  const filter = params.get('filter') ?? ''
  const wanted = params.get('state')
  const state = isTaskState(wanted) ? wanted : null
  const rows = useMemo(() => filteredLines(lines, filter, state), [lines, filter, state])
  const shown = useMemo(() => rows.map((row) => row.id), [rows])
  const selection = useSelection(shown)
  const chosen = params.get('task')
  const cursor = rows.findIndex((row) => row.id === chosen)
  const open = params.get('panel') === 'open' && cursor >= 0
  const setCursor = (index: number, panel = open) =>
    patch({ task: rows[index]?.id ?? null, panel: panel ? 'open' : null })
  const moves = listMoves(cursor, rows.length, setCursor)
  const openPage = (row: TaskLine) => navigate(links.task(run.dag_id, run.run_id, row.id))
  const at = rows[cursor]

  useKeys([
    { keys: ['j', 'ArrowDown'], label: text.keys.move, run: moves.down },
    { keys: ['k', 'ArrowUp'], show: ['J', 'K'], label: text.keys.move, run: moves.up, foot: true },
    {
      keys: ['PageDown', 'PageUp'],
      label: text.keys.move,
      run: (key) => (key === 'PageDown' ? moves.pageDown() : moves.pageUp()),
    },
    { keys: ['Home', 'End'], label: text.keys.move, run: (key) => (key === 'Home' ? moves.first() : moves.last()) },
    { keys: ['Enter'], label: text.keys.open, run: () => at && setCursor(cursor, true), foot: true },
    { keys: ['w'], label: text.keys.why, run: () => at && setCursor(cursor, true) },
    { keys: ['l'], label: text.keys.log, run: () => at && openPage(at), foot: true },
    { keys: ['a'], label: text.keys.timeline, run: () => navigate(links.run(run.dag_id, run.run_id, 'timeline')) },
  ])
  const extend = (by: 1 | -1) => {
    const next = rows[moves.next(by)]
    if (!next) return
    if (at) selection.extendTo(at.id)
    selection.extendTo(next.id)
    setCursor(moves.next(by))
  }
  useKeys(
    [
      { keys: ['x'], label: strings.acts.keys.select, run: () => at && selection.toggle(at.id), foot: true },
      {
        keys: ['Shift+ArrowDown', 'Shift+ArrowUp', 'Shift+j', 'Shift+k'],
        show: ['Shift', '↑', '↓'],
        label: strings.acts.keys.extend,
        run: (key) => extend(/Down|j/.test(key) ? 1 : -1),
      },
    ],
    { off: !may },
  )
  useFootNote(text.shown(count(rows.length), count(lines.length)))
  const choices = [
    { value: 'all', label: text.states.all, count: count(lines.length) },
    ...statesOf(lines).map((one) => ({ value: one.state, label: STATES[one.state].label, count: count(one.n) })),
  ] as const

  return (
    <>
      <div className="tool">
        <SearchField
          value={filter}
          onChange={(value) => patch({ filter: value })}
          placeholder={text.filter}
          width={200}
        />
        <Segmented
          label={text.states.label}
          choices={choices}
          value={state ?? 'all'}
          onChange={(value: TaskState | 'all') => patch({ state: value === 'all' ? null : value })}
        />
      </div>
      <div className="body">
        {rows.length === 0 ? (
          <Blank
            title={lines.length === 0 ? text.noTasks : text.noHit}
            actions={
              lines.length > 0 && <Button onClick={() => patch({ filter: null, state: null })}>{text.showAll}</Button>
            }
          />
        ) : (
          <VirtualList
            rows={rows}
            rowKey={(row) => row.id}
            template={may ? 'task-list' : 'task-list no-check'}
            {...(may && { onExtend: (row: TaskLine) => selection.extendTo(row.id) })}
            label={text.tabs.tasks}
            cursor={cursor}
            onCursor={(index) => setCursor(index, true)}
            onOpen={openPage}
            head={HEADS.map(([name, align]) => (
              <span key={name} role="columnheader" className={align}>
                {name === 'check' ? <span className="sr">{text.head.select}</span> : text.head[name]}
              </span>
            ))}
            row={(row) => (
              <Line row={row} selection={may ? selection : null} href={links.task(run.dag_id, run.run_id, row.id)} />
            )}
          />
        )}
        {open && at && (
          <TaskPanel
            key={at.id}
            dagId={run.dag_id}
            runId={run.run_id}
            taskId={at.id}
            actKeysOff={selection.keys.size > 0}
            onClose={() => patch({ panel: null })}
          />
        )}
      </div>
      <TaskSelection run={run} selection={selection} at={open ? undefined : at} />
    </>
  )
}

function Line({ row, href, selection }: { row: TaskLine; href: string; selection: Selection | null }) {
  const dates = useDates()
  return (
    <>
      <span role="cell" className="row">
        {selection && (
          <Checkbox
            on={selection.keys.has(row.id)}
            onChange={() => selection.toggle(row.id)}
            label={text.select(row.id)}
          />
        )}
      </span>
      <span role="cell" className="row">
        <StateText state={row.state} />
      </span>
      <span role="cell" className="name ell">
        <Link className="link" href={href} title={row.id}>
          {row.id}
        </Link>
      </span>
      <span role="cell" className="m ell">
        {row.operator}
      </span>
      <span role="cell" className="m ell" title={row.counts ? countsInWords(row.counts) : undefined}>
        {row.counts ? countsInWords(row.counts) : ''}
      </span>
      <span role="cell" className="m" title={row.began === null ? undefined : dates.exact(row.began)}>
        {row.began === null ? '–' : dates.clock(row.began)}
      </span>
      <span role="cell" className="r m">
        {row.waited > 0 ? duration(row.waited) : ''}
      </span>
      <span role="cell" className="r">
        {row.ran > 0 ? duration(row.ran) : ''}
      </span>
      <span role="cell" className="r m">
        {row.tries > 1 ? count(row.tries) : ''}
      </span>
    </>
  )
}
