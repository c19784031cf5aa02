import { Route as RouteIcon } from 'lucide-react'
import { useCallback, useMemo, useState } from 'react'
import { useLocation } from 'wouter'
import type { Timeline } from '@/api/contract'
import { Blank } from '@/components/Blank'
import { Button } from '@/components/Button'
import { Segmented } from '@/components/Controls'
import { Fold } from '@/components/Fold'
import { SearchField } from '@/components/SearchField'
import { useNow } from '@/lib/clock'
import { count } from '@/lib/durations'
import { useKeys } from '@/lib/keys'
import { links } from '@/lib/links'
import { useFootNote } from '@/lib/screen'
import { useSlots } from '@/lib/slots'
import { strings } from '@/lib/strings'
import { useQueryParams } from '@/lib/url'
import { progressOf } from '../model'
import { rowAround, rowFor, rowsOf, type Order, type Row } from '../timeline/rows'
import { moved, wholeOf, within, zoomed, type Span } from '../timeline/scale'
import { CriticalBar } from './CriticalBar'
import { HoverCard } from './HoverCard'
import { Hatches, TimelineLegend } from './paints'
import { TimelineChart, type Hover } from './TimelineChart'
import { TimelineHead } from './TimelineHead'
import { useProfiles } from './use-profiles'

const text = strings.run
/** Larger runs begin with closed groups. */
const OPEN_NODES_MAX = 300
const ZOOM = 0.6
const ORDERS = [
  { value: 'group', label: text.byGroup },
  { value: 'start', label: text.byStart },
  { value: 'pool', label: text.byPool },
] as const

/** Where the time of a run went: tasks over time, its critical path, and the detail of one task beside it. */
export function TimelineView({ timeline, skew }: { timeline: Timeline; skew: number }) {
  const { run, tree } = timeline
  const live = run.state === 'running'
  const now = useNow(live ? 1_000 : 60_000) + skew
  const [params, patch] = useQueryParams()
  const [, navigate] = useLocation()
  const { TaskPanel } = useSlots()
  const [closed, setClosed] = useState<ReadonlySet<string>>(
    () => new Set(tree.length > OPEN_NODES_MAX ? tree.flatMap((node) => (node.kind === 'group' ? [node.id] : [])) : []),
  )
  const [hover, setHover] = useState<Hover | null>(null)
  const [width, setWidth] = useState(0)
  const filter = params.get('filter') ?? ''
  const order: Order = ORDERS.find(({ value }) => value === params.get('by'))?.value ?? 'group'
  const profiles = useProfiles(timeline)
  const path = params.get('path') !== 'off'
  const rows = useMemo(() => rowsOf(timeline, { closed, filter, order }), [timeline, closed, filter, order])
  const chosen = params.get('task')
  const cursor = chosen === null ? -1 : rowFor(rows, tree, chosen)
  const at = rows[cursor]
  const panel =
    chosen !== null && params.get('panel') === 'open' && tree.some((node) => node.id === chosen && node.kind === 'task')

  const whole = wholeOf(timeline, live ? now : (run.end ?? now))
  const span = spanOf(params, whole)
  const setSpan = useCallback(
    (next: Span | null) =>
      patch({ from: next ? String(Math.round(next.from)) : null, to: next ? String(Math.round(next.to)) : null }),
    [patch],
  )
  const zoom = (factor: number) => {
    const shown = span ?? whole
    setSpan(zoomed(shown, whole, factor, (shown.from + shown.to) / 2))
  }
  const select = (index: number, open = params.get('panel') === 'open') => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))]
    if (row) patch({ task: row.node.id, panel: open ? 'open' : null })
  }
  const toggle = (row: Row) =>
    setClosed((known) => {
      const next = new Set(known)
      if (!next.delete(row.node.id)) next.add(row.node.id)
      return next
    })
  /** Left closes a group or goes up to it, right opens it. */
  const fold = (open: boolean) => {
    if (!at) return
    if (at.closed === open) toggle(at)
    else if (!open && at.depth > 0) patch({ task: rows[rowAround(rows, cursor)]?.node.id ?? null })
  }
  const openPage = (row: Row | undefined) =>
    row?.node.kind === 'task' && navigate(links.task(run.dag_id, run.run_id, row.node.id))

  useKeys([
    {
      keys: ['ArrowUp', 'ArrowDown'],
      show: ['↑', '↓'],
      label: text.keys.move,
      run: (key) => select(cursor + (key === 'ArrowDown' ? 1 : -1)),
      foot: true,
    },
    { keys: ['Home', 'End'], label: text.keys.move, run: (key) => select(key === 'Home' ? 0 : rows.length - 1) },
    { keys: ['ArrowLeft', 'ArrowRight'], label: text.keys.fold, run: (key) => fold(key === 'ArrowRight') },
    { keys: ['Space'], label: text.keys.fold, run: () => at && at.closed !== null && toggle(at) },
    {
      keys: ['Enter'],
      label: text.keys.open,
      run: () => (at?.closed === null ? select(cursor, true) : at && toggle(at)),
    },
    { keys: ['w'], label: text.keys.why, run: () => at?.closed === null && select(cursor, true), foot: true },
    { keys: ['k'], label: text.keys.path, run: () => patch({ path: path ? 'off' : null }), foot: true },
    {
      keys: ['+', '=', '-'],
      show: ['+', '−'],
      label: text.keys.zoom,
      run: (key) => zoom(key === '-' ? 1 / ZOOM : ZOOM),
      foot: true,
    },
    { keys: ['0'], label: text.keys.fit, run: () => setSpan(null), foot: true },
    {
      keys: ['Shift+ArrowLeft', 'Shift+ArrowRight'],
      label: text.keys.pan,
      run: (key) => span && setSpan(moved(span, whole, key === 'Shift+ArrowLeft' ? -0.25 : 0.25)),
    },
    { keys: ['l'], label: text.keys.log, run: () => openPage(at), foot: true },
    { keys: ['a'], label: text.keys.table, run: () => navigate(links.run(run.dag_id, run.run_id, 'tasks')) },
  ])
  const { total } = progressOf(run.counts)
  useFootNote(text.foot(count(total), count(rows.length)))

  return (
    <>
      <div className="tool">
        <SearchField
          value={filter}
          onChange={(value) => patch({ filter: value })}
          placeholder={text.filter}
          width={200}
        />
        <Fold>
          <Segmented
            label={text.order}
            choices={ORDERS}
            value={order}
            onChange={(value) => patch({ by: value === 'group' ? null : value })}
          />
          <Button icon={RouteIcon} hint="K" pressed={path} onClick={() => patch({ path: path ? 'off' : null })}>
            {text.critical}
          </Button>
        </Fold>
        <TimelineLegend />
      </div>
      <div className="body">
        <Hatches />
        <div className="tl">
          <TimelineHead
            timeline={timeline}
            whole={whole}
            span={span}
            width={width}
            now={now}
            live={live}
            profiles={profiles}
            onSpan={setSpan}
          />
          {rows.length === 0 ? (
            <Blank
              title={filter === '' ? text.noTasks : text.noHit}
              actions={filter !== '' && <Button onClick={() => patch({ filter: null })}>{text.showAll}</Button>}
            />
          ) : (
            <TimelineChart
              timeline={timeline}
              rows={rows}
              span={span ?? whole}
              whole={whole}
              now={now}
              live={live}
              path={path}
              profiles={profiles}
              cursor={cursor}
              onCursor={(index) => select(index, rows[index]?.closed === null)}
              onOpen={(index) => openPage(rows[index])}
              onToggle={toggle}
              onSpan={setSpan}
              onHover={setHover}
              onWidth={setWidth}
            />
          )}
          {path && <CriticalBar timeline={timeline} now={now} />}
        </div>
        {panel && (
          <TaskPanel
            key={chosen}
            dagId={run.dag_id}
            runId={run.run_id}
            taskId={chosen}
            onClose={() => patch({ panel: null })}
          />
        )}
        {hover && rows.includes(hover.row) && (
          <HoverCard timeline={timeline} profiles={profiles} hover={hover} now={now} />
        )}
      </div>
    </>
  )
}

/** The part of the run in the address; null: all of it. */
function spanOf(params: URLSearchParams, whole: Span): Span | null {
  const from = Number(params.get('from') ?? NaN)
  const to = Number(params.get('to') ?? NaN)
  if (!(to > from)) return null
  const span = within({ from, to }, whole)
  return span.from <= whole.from && span.to >= whole.to ? null : span
}
