import { useLayoutEffect, useState, type RefObject } from 'react'
import type { Layout } from '../timeline/bars'

/** Rows are drawn in blocks, so that scrolling renders only when another block comes near. */
const BLOCK_ROWS = 16

export interface InView {
  first: number
  last: number
  width: number
}

/** Which rows are near the view, and how wide the drawing is beside a tree of `tree` px. */
export function useRowsInView(scroller: RefObject<HTMLDivElement | null>, rows: number, layout: Layout): InView {
  const [view, setView] = useState<InView>({ first: 0, last: -1, width: 0 })
  useLayoutEffect(() => {
    const own = scroller.current
    if (!own) return
    const measure = () => {
      const block = layout.row * BLOCK_ROWS
      const first = Math.max(0, (Math.floor(own.scrollTop / block) - 1) * BLOCK_ROWS)
      const last = Math.min(rows, (Math.floor((own.scrollTop + own.clientHeight) / block) + 2) * BLOCK_ROWS) - 1
      const width = Math.max(0, own.clientWidth - layout.tree)
      setView((known) =>
        known.first === first && known.last === last && known.width === width ? known : { first, last, width },
      )
    }
    const observer = new ResizeObserver(measure)
    observer.observe(own)
    own.addEventListener('scroll', measure, { passive: true })
    return () => {
      observer.disconnect()
      own.removeEventListener('scroll', measure)
    }
  }, [scroller, rows, layout])
  return view
}
