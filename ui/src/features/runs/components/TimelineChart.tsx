import { useEffect, useId, useRef, useState, type PointerEvent } from 'react'
import type { Timeline } from '@/api/contract'
import { useDates } from '@/lib/dates'
import { useHold } from '@/lib/hold'
import { useRoom } from '@/lib/media'
import { strings } from '@/lib/strings'
import { LAYOUTS, ofCell } from '../timeline/bars'
import type { Profiles } from '../timeline/profile'
import type { Row } from '../timeline/rows'
import { between, Scale, type Span } from '../timeline/scale'
import { TimelineBars } from './TimelineBars'
import { barText, TimelineRowName } from './TimelineRowName'
import { useRowsInView } from './use-rows-in-view'

const text = strings.run
const DRAG_PX_MIN = 4

export interface Hover {
  row: Row
  x: number
  y: number
}

interface Props {
  timeline: Timeline
  rows: Row[]
  span: Span
  whole: Span
  now: number
  live: boolean
  path: boolean
  profiles: Profiles
  cursor: number
  onCursor: (index: number) => void
  onOpen: (index: number) => void
  onToggle: (row: Row) => void
  onSpan: (span: Span) => void
  onHover: (hover: Hover | null) => void
  onWidth: (width: number) => void
}

/** Rows of tasks with their bars. Only rows near the view exist, and all their bars are one drawing. */
export function TimelineChart({
  timeline,
  rows,
  span,
  whole,
  now,
  live,
  path,
  profiles,
  cursor,
  onCursor,
  onOpen,
  onToggle,
  onSpan,
  onHover,
  onWidth,
}: Props) {
  const scroller = useRef<HTMLDivElement>(null)
  const id = useId()
  const dates = useDates()
  const layout = LAYOUTS[useRoom()]
  const { row: rowPx, tree: treePx } = layout
  const view = useRowsInView(scroller, rows.length, layout)
  const scale = new Scale(span, view.width)
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null)
  const pressed = useRef<number | null>(null)

  useEffect(() => onWidth(view.width), [onWidth, view.width])
  useEffect(() => {
    const own = scroller.current
    if (!own || cursor < 0) return
    const top = cursor * rowPx
    if (top < own.scrollTop) own.scrollTop = top
    else if (top + rowPx > own.scrollTop + own.clientHeight) own.scrollTop = top + rowPx - own.clientHeight
  }, [cursor, rowPx])

  const xOf = (event: PointerEvent) => event.clientX - (scroller.current?.getBoundingClientRect().left ?? 0) - treePx
  const press = (event: PointerEvent<HTMLDivElement>) => {
    if (event.button !== 0 || xOf(event) < 0) return
    pressed.current = xOf(event)
  }
  const move = (event: PointerEvent<HTMLDivElement>) => {
    const from = pressed.current
    const x = xOf(event)
    if (from !== null && (drag !== null || Math.abs(x - from) > DRAG_PX_MIN)) {
      event.currentTarget.setPointerCapture(event.pointerId)
      setDrag({ from, to: x })
      onHover(null)
      return
    }
    if (event.pointerType !== 'touch') hover(event.clientX, event.clientY)
  }
  const hover = (x: number, y: number) => {
    const box = scroller.current
    const at = box?.getBoundingClientRect()
    const row = box && at && x - at.left >= treePx ? rows[Math.floor((y - at.top + box.scrollTop) / rowPx)] : undefined
    onHover(row ? { row, x, y } : null)
  }
  useHold(scroller, hover, () => onHover(null))
  const release = () => {
    if (drag) onSpan(between(scale.at(drag.from), scale.at(drag.to), whole))
    pressed.current = null
    setDrag(null)
  }

  return (
    <div
      ref={scroller}
      className="tl-scroll"
      role="treegrid"
      aria-label={text.chart}
      aria-rowcount={rows.length}
      aria-colcount={2}
      tabIndex={0}
      aria-activedescendant={cursor >= view.first && cursor <= view.last ? `${id}${String(cursor)}` : undefined}
      onPointerDown={press}
      onPointerMove={move}
      onPointerUp={release}
      onPointerCancel={release}
      onPointerLeave={(event) => event.pointerType !== 'touch' && onHover(null)}
    >
      <div className="tl-space" role="rowgroup" style={{ height: rows.length * rowPx }}>
        {rows.slice(view.first, view.last + 1).map((row, i) => {
          const index = view.first + i
          return (
            <div
              key={row.node.id}
              id={`${id}${String(index)}`}
              role="row"
              aria-level={row.depth + 1}
              aria-rowindex={index + 1}
              aria-selected={index === cursor}
              aria-expanded={row.closed === null ? undefined : !row.closed}
              className={rowClass(row, index === cursor)}
              style={{ top: index * rowPx }}
              onClick={() => {
                if (!drag) onCursor(index)
              }}
              onDoubleClick={() => onOpen(index)}
            >
              <div
                role="gridcell"
                className="tl-name"
                onClick={() => {
                  if (row.closed !== null) onToggle(row)
                }}
              >
                <TimelineRowName row={row} tree={timeline.tree} profiles={profiles} now={now} />
              </div>
              <div role="gridcell" className="tl-cell">
                <span className="sr">{barText(row, now, dates.clock)}</span>
              </div>
            </div>
          )
        })}
        {view.width > 0 && (
          <TimelineBars
            timeline={timeline}
            rows={rows}
            view={view}
            layout={layout}
            scale={scale}
            now={now}
            live={live}
            path={path}
            profiles={profiles}
          />
        )}
      </div>
      {drag && (
        <div
          className="tl-drag"
          style={{
            left: treePx + Math.min(drag.from, drag.to),
            width: Math.abs(drag.to - drag.from),
            height: rows.length * rowPx,
          }}
        />
      )}
    </div>
  )
}

function rowClass(row: Row, selected: boolean): string {
  const { state } = ofCell(row.at.cell)
  return [
    'tl-row',
    row.closed !== null && 'g',
    selected && 'sel',
    (state === 'none' || row.at.cell === null) && row.closed === null && 'dim',
  ]
    .filter(Boolean)
    .join(' ')
}
