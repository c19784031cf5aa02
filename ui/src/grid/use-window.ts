import { useLayoutEffect, useState, type RefObject } from 'react'
import { BLOCK_COLUMNS, BLOCK_ROWS, blocksInView, COLUMN, HEAD, ROW, type Range } from './geometry'

export interface GridWindow {
  columns: Range
  rows: Range
  /** The oldest columns are less than a block away. */ nearOldest: boolean
}

/** Which blocks are near the view. Scrolling renders only when another block comes near. */
export function useGridWindow(
  scroller: RefObject<HTMLDivElement | null>,
  columns: number,
  rows: number,
  tree: number,
): GridWindow {
  const [view, setView] = useState<GridWindow>({
    columns: { from: 0, to: 0 },
    rows: { from: 0, to: 0 },
    nearOldest: false,
  })

  useLayoutEffect(() => {
    const own = scroller.current
    if (!own) return
    const measure = () => {
      const next: GridWindow = {
        columns: blocksInView(own.scrollLeft, own.clientWidth - tree, COLUMN, BLOCK_COLUMNS, columns),
        rows: blocksInView(own.scrollTop, own.clientHeight - HEAD, ROW, BLOCK_ROWS, rows),
        nearOldest: own.scrollLeft < BLOCK_COLUMNS * COLUMN,
      }
      setView((last) => (isSame(last, next) ? last : next))
    }
    // It calls once at the start, after layout and before the first paint.
    const observer = new ResizeObserver(measure)
    observer.observe(own)
    own.addEventListener('scroll', measure, { passive: true })
    return () => {
      observer.disconnect()
      own.removeEventListener('scroll', measure)
    }
  }, [scroller, columns, rows, tree])

  return view
}

function isSame(a: GridWindow, b: GridWindow): boolean {
  return (
    a.columns.from === b.columns.from &&
    a.columns.to === b.columns.to &&
    a.rows.from === b.rows.from &&
    a.rows.to === b.rows.to &&
    a.nearOldest === b.nearOldest
  )
}
