import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef, useState, type MouseEvent, type ReactNode, type UIEvent } from 'react'
import { useRoom } from '@/lib/media'
import { strings } from '@/lib/strings'

export interface RowProps {
  index: number
  selected: boolean
}

/**
 * A head and rows of one height, of which only those in view are mounted. `cursor` is the row that keys move; it is
 * kept in view. `template` is a class that sets `grid-template-columns` for head and rows.
 */
export function VirtualList<T>({
  rows: all,
  rowKey,
  row,
  head,
  template,
  label,
  cursor,
  onCursor,
  onOpen,
  onExtend,
  onEnd,
  rowClass,
  newestFirst = false,
}: {
  rows: T[]
  rowKey: (row: T) => string
  row: (row: T, props: RowProps) => ReactNode
  head: ReactNode
  template: string
  label: string
  cursor: number
  onCursor: (index: number) => void
  onOpen: (row: T) => void
  /** A row was clicked with Shift: the selection extends to it. */
  onExtend?: (row: T) => void
  /** Called when the last rows come into view. */
  onEnd?: () => void
  rowClass?: (row: T) => string
  /** New rows come on top: they wait while the reader has scrolled. */
  newestFirst?: boolean
}) {
  const scroller = useRef<HTMLDivElement>(null)
  // On a phone a row has two lines (styles/small.css).
  const rowHeight = useRoom() === 'small' ? 48 : 32
  const [held, setHeld] = useState<string | null>(null)
  const waiting = newestFirst ? newerThan(all, rowKey, held) : 0
  const rows = waiting === 0 ? all : all.slice(waiting)
  // The virtualizer changes inside while its identity stays, which the compiler-minded rule cannot see.
  // eslint-disable-next-line react-hooks/incompatible-library
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
  })
  useEffect(() => virtual.measure(), [virtual, rowHeight])
  const items = virtual.getVirtualItems()
  const lastShown = items.at(-1)?.index ?? 0
  const chosen = all[cursor]
  const chosenKey = chosen === undefined ? null : rowKey(chosen)

  useEffect(() => {
    if (cursor >= waiting) virtual.scrollToIndex(cursor - waiting, { align: 'auto' })
    // Only when another row is chosen: not when rows around it come and go.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [chosenKey])

  useEffect(() => {
    if (rows.length > 0 && lastShown >= rows.length - 1) onEnd?.()
  }, [lastShown, rows.length, onEnd])

  const hold = (event: UIEvent<HTMLDivElement>) => {
    const first = all[waiting]
    if (event.currentTarget.scrollTop <= 0) setHeld(null)
    else if (held === null && first !== undefined) setHeld(rowKey(first))
  }

  return (
    <div className="list" role="table" aria-label={label} aria-rowcount={all.length}>
      <div className={`list-head ${template}`} role="row">
        {head}
      </div>
      {waiting > 0 && (
        <button type="button" className="newer" onClick={() => scroller.current?.scrollTo({ top: 0 })}>
          {strings.states.newer(waiting)}
        </button>
      )}
      <div
        ref={scroller}
        className="list-scroll"
        tabIndex={0}
        role="rowgroup"
        onScroll={newestFirst ? hold : undefined}
      >
        <div className="list-space" style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const value = rows[item.index]
            if (value === undefined) return null
            const index = item.index + waiting
            const selected = index === cursor
            return (
              <div
                key={rowKey(value)}
                role="row"
                aria-selected={selected}
                aria-rowindex={index + 1}
                className={`list-row ${template} ${rowClass?.(value) ?? ''}`}
                style={{ height: rowHeight, transform: `translateY(${String(item.start)}px)` }}
                onClick={(event) => {
                  if (event.shiftKey) onExtend?.(value)
                  onCursor(index)
                }}
                onMouseDown={onExtend && withoutText}
                onDoubleClick={() => onOpen(value)}
              >
                {row(value, { index, selected })}
              </div>
            )
          })}
        </div>
      </div>
    </div>
  )
}

/** A click with Shift would select text between two rows. */
function withoutText(event: MouseEvent): void {
  if (event.shiftKey) event.preventDefault()
}

/** How many rows came before the one that was on top when the reader began to scroll. */
function newerThan<T>(rows: T[], rowKey: (row: T) => string, held: string | null): number {
  return held === null
    ? 0
    : Math.max(
        0,
        rows.findIndex((row) => rowKey(row) === held),
      )
}

/** The keys of a list, for useKeys. */
export function listMoves(cursor: number, length: number, onCursor: (index: number) => void) {
  const move = (by: number) => {
    if (length > 0) onCursor(Math.min(length - 1, Math.max(0, cursor + by)))
  }
  return {
    down: () => move(1),
    up: () => move(-1),
    pageDown: () => move(20),
    pageUp: () => move(-20),
    /** For Shift with an arrow: the row it leads to. */
    next: (by: 1 | -1) => Math.min(length - 1, Math.max(0, cursor + by)),
    first: () => move(-length),
    last: () => move(length),
  }
}
