import { useEffect, useLayoutEffect, useState, type RefObject } from 'react'
import type { Box, Layout } from './layout'
import { fitted, startView, zoomedAt, type Size, type Viewport } from './viewport'

/** Where the graph stands on the canvas: null until its size is known. Another layout starts anew, at `focus`. */
export function useViewport(canvas: RefObject<HTMLDivElement | null>, layout: Layout, focus: Box | undefined) {
  const [size, setSize] = useState<Size | null>(null)
  const [moved, setMoved] = useState<{ layout: Layout; view: Viewport } | null>(null)
  const start = size && startView(layout, size, focus)
  const view = moved?.layout === layout ? moved.view : start

  useLayoutEffect(() => {
    const own = canvas.current
    if (!own) return
    const observer = new ResizeObserver(() => setSize({ width: own.clientWidth, height: own.clientHeight }))
    observer.observe(own)
    return () => observer.disconnect()
  }, [canvas])

  const setView = (change: (last: Viewport) => Viewport) =>
    setMoved((last) => {
      const from = last?.layout === layout ? last.view : start
      return from && { layout, view: change(from) }
    })

  useEffect(() => {
    const own = canvas.current
    if (!own) return
    const onWheel = (event: WheelEvent) => {
      event.preventDefault()
      const box = own.getBoundingClientRect()
      const at = { x: event.clientX - box.left, y: event.clientY - box.top }
      setView((last) =>
        event.ctrlKey || event.metaKey
          ? zoomedAt(last, at, Math.exp(-event.deltaY / 300))
          : { ...last, x: last.x - event.deltaX, y: last.y - event.deltaY },
      )
    }
    // React's own wheel listeners cannot prevent the page from zooming.
    own.addEventListener('wheel', onWheel, { passive: false })
    return () => own.removeEventListener('wheel', onWheel)
  })

  return { view, size, setView, fit: () => size && setMoved({ layout, view: fitted(layout, size) }) }
}
