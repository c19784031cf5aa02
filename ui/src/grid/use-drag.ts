import { useRef, type MouseEvent, type PointerEvent } from 'react'
import type { Place } from './moves'

/**
 * Tells a drag over cells from a click on one. `at` says which place lies under the pointer; while it moves, `onDrag`
 * gets where it began and where it is. The click that ends a drag picks nothing. A finger scrolls.
 */
export function useDrag(
  at: (event: MouseEvent<HTMLElement>) => Place | null,
  onDrag: (from: Place, to: Place) => void,
) {
  const from = useRef<{ place: Place; moved: boolean } | null>(null)
  return {
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      const place = event.button === 0 && event.pointerType !== 'touch' ? at(event) : null
      from.current = place && { place, moved: false }
    },
    onPointerMove: (event: PointerEvent<HTMLElement>) => {
      const start = from.current
      if (start === null || event.buttons !== 1) return
      const to = at(event)
      if (to === null || (!start.moved && isSame(to, start.place))) return
      if (!start.moved) {
        start.moved = true
        event.currentTarget.setPointerCapture(event.pointerId)
      }
      onDrag(start.place, to)
    },
    onClickCapture: (event: MouseEvent<HTMLElement>) => {
      if (from.current?.moved) event.stopPropagation()
      from.current = null
    },
  }
}

const isSame = (a: Place, b: Place) => a.column === b.column && a.line === b.line
