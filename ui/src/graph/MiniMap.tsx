import { useRef, type PointerEvent } from 'react'
import { STATES } from '@/components/state/table'
import type { Layout, Point } from './layout'
import { stateOf, type Shown } from './model'
import { visibleBox, type Size, type Viewport } from './viewport'

const SIZE = { width: 240, height: 104 }
const PAD = 8

/** The whole graph in the colours of its states; dragging moves the view. */
export function MiniMap({
  shown,
  layout,
  view,
  canvas,
  onMove,
  label,
}: {
  shown: Shown
  layout: Layout
  view: Viewport
  canvas: Size
  onMove: (middle: Point) => void
  label: string
}) {
  const map = useRef<SVGSVGElement>(null)
  const scale = Math.min((SIZE.width - 2 * PAD) / layout.width, (SIZE.height - 2 * PAD) / layout.height)
  const dx = (SIZE.width - layout.width * scale) / 2
  const dy = (SIZE.height - layout.height * scale) / 2
  const seen = visibleBox(view, canvas)
  const move = (event: PointerEvent<SVGSVGElement>) => {
    if (event.buttons === 0 || !map.current) return
    event.currentTarget.setPointerCapture(event.pointerId)
    const box = map.current.getBoundingClientRect()
    onMove({ x: (event.clientX - box.left - dx) / scale, y: (event.clientY - box.top - dy) / scale })
  }
  return (
    <div className="gr-mini">
      <svg
        ref={map}
        width={SIZE.width - 2}
        height={SIZE.height - 2}
        role="img"
        aria-label={label}
        onPointerDown={move}
        onPointerMove={move}
      >
        <g transform={`translate(${String(dx)} ${String(dy)}) scale(${String(scale)})`}>
          {shown.nodes.map((node) => {
            const box = layout.boxes.get(node.id)
            if (!box) return null
            const state = stateOf(node.cell)
            const paint = node.isOpen
              ? 'gr-mini-group'
              : state === null || STATES[state].family === 'idle'
                ? 'f-line-2'
                : state === 'success'
                  ? 'f-ok-q'
                  : `f-${STATES[state].family}`
            return (
              <rect key={node.id} x={box.x} y={box.y} width={box.width} height={box.height} rx={6} className={paint} />
            )
          })}
          <rect x={seen.x} y={seen.y} width={seen.width} height={seen.height} className="gr-mini-view" />
        </g>
      </svg>
    </div>
  )
}
