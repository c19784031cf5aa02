import { useEffect, useLayoutEffect, useRef, type RefObject } from 'react'
import type { GridRun } from '@/api/contract'
import { COLUMN, HEAD, ROW } from './geometry'
import type { Place } from './moves'

type Scroller = RefObject<HTMLDivElement | null>

/** Starts at the newest run, and keeps the same runs under the eye when older ones are put before them. */
export function useStayAtNewest(scroller: Scroller, runs: GridRun[]): void {
  const last = useRef<{ first: string; length: number; width: number } | null>(null)
  useLayoutEffect(() => {
    const own = scroller.current
    const first = runs[0]?.run_id
    if (!own || first === undefined) return
    const before = last.current
    last.current = { first, length: runs.length, width: own.scrollWidth }
    if (before === null) {
      own.scrollTo({ left: own.scrollWidth })
      return
    }
    const added = Math.max(
      0,
      runs.findIndex((run) => run.run_id === before.first),
    )
    const wasAtEnd = own.scrollLeft + own.clientWidth >= before.width - COLUMN
    // A new run is followed by who looks at the newest ones; older ones only push.
    if (wasAtEnd && runs.length > before.length + added) own.scrollTo({ left: own.scrollWidth })
    else if (added > 0) own.scrollBy({ left: added * COLUMN })
  }, [scroller, runs])
}

/** A panel or the side bar that opens takes room at the old end, not at the new one. */
export function useKeepRightEdge(scroller: Scroller): void {
  useEffect(() => {
    const own = scroller.current
    if (!own) return
    let width = own.clientWidth
    const observer = new ResizeObserver(() => {
      own.scrollBy({ left: width - own.clientWidth })
      width = own.clientWidth
    })
    observer.observe(own)
    return () => observer.disconnect()
  }, [scroller])
}

export function useCursorInView(scroller: Scroller, cursor: Place | null, tree: number): void {
  const column = cursor?.column
  const line = cursor?.line
  useEffect(() => {
    const own = scroller.current
    if (!own || column === undefined || line === undefined) return
    const left = column * COLUMN
    const top = line * ROW
    const width = own.clientWidth - tree
    const height = own.clientHeight - HEAD
    if (left < own.scrollLeft) own.scrollTo({ left: left - COLUMN })
    else if (left + COLUMN > own.scrollLeft + width) own.scrollTo({ left: left + 2 * COLUMN - width })
    if (top < own.scrollTop) own.scrollTo({ top })
    else if (top + ROW > own.scrollTop + height) own.scrollTo({ top: top + ROW - height })
  }, [scroller, column, line, tree])
}
