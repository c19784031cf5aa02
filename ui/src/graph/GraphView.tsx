import { useEffect, useImperativeHandle, useRef, type PointerEvent, type Ref } from 'react'
import { strings } from '@/lib/strings'
import { EdgeLabel, GraphEdge } from './GraphEdge'
import { GraphGroup, GraphNode } from './GraphNode'
import type { Layout } from './layout'
import { MiniMap } from './MiniMap'
import { busiest, edgeLook, stateOf, type Shown, type ShownEdge } from './model'
import type { ShownPath } from './path'
import { useViewport } from './use-viewport'
import { dotStep, neighbour, overlaps, SCALE_BLOCKS, visibleBox, withInView, zoomedAt } from './viewport'
import { ZoomBar } from './ZoomBar'

const ZOOM_STEP = 1.25
const CLICK_SLACK_PX = 4

export interface GraphHandle {
  move: (direction: 'up' | 'down' | 'left' | 'right') => void
  zoom: (by: 1 | -1) => void
  fit: () => void
}

/** A laid out graph that can be moved and zoomed. What lies outside the view is not mounted. */
export function GraphView({
  ref,
  shown,
  layout,
  hasRun,
  path,
  selected,
  onSelect,
  onOpenGroup,
  onToggle,
}: {
  ref: Ref<GraphHandle>
  shown: Shown
  layout: Layout
  hasRun: boolean
  /** What stands out, the rest being quiet; null: nothing does. */
  path: ShownPath | null
  selected: string | null
  onSelect: (id: string | null) => void
  onOpenGroup: (id: string) => void
  onToggle: (id: string) => void
}) {
  const canvas = useRef<HTMLDivElement>(null)
  const { view, size, setView, fit } = useViewport(canvas, layout, layout.boxes.get(selected ?? busiest(shown) ?? ''))
  const pressed = useRef<{ x: number; y: number } | null>(null)
  const nodes = shown.nodes.filter((node) => !node.isOpen)
  const states = new Map(shown.nodes.map((node) => [node.id, hasRun ? stateOf(node.cell) : null]))
  const zoom = (by: 1 | -1) =>
    size &&
    setView((last) => zoomedAt(last, { x: size.width / 2, y: size.height / 2 }, by > 0 ? ZOOM_STEP : 1 / ZOOM_STEP))

  useImperativeHandle(ref, () => ({
    zoom: (by) => void zoom(by),
    fit: () => void fit(),
    move: (direction) => {
      const first = nodes[0]?.id ?? null
      const next =
        selected === null || !layout.boxes.has(selected)
          ? first
          : neighbour(
              layout,
              shown.edges,
              nodes.map((node) => node.id),
              selected,
              direction,
            )
      if (next !== null) onSelect(next)
    },
  }))

  const box = selected === null ? undefined : layout.boxes.get(selected)
  useEffect(() => {
    if (box && size) setView((last) => withInView(last, box, size))
    // Only when the selection moves: not while the view is dragged.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [selected, layout])

  const drag = (event: PointerEvent<HTMLDivElement>) => {
    if (pressed.current === null || event.buttons === 0) return
    event.currentTarget.setPointerCapture(event.pointerId)
    setView((last) => ({ ...last, x: last.x + event.movementX, y: last.y + event.movementY }))
  }
  const release = (event: PointerEvent<HTMLDivElement>) => {
    const from = pressed.current
    pressed.current = null
    if (from === null || Math.hypot(event.clientX - from.x, event.clientY - from.y) > CLICK_SLACK_PX) return
    const hit = event.target instanceof Element ? event.target.closest<SVGElement>('[data-node], [data-group]') : null
    if (hit?.dataset.group !== undefined) onToggle(hit.dataset.group)
    else onSelect(hit?.dataset.node ?? null)
  }

  return (
    <div
      ref={canvas}
      className="gr"
      tabIndex={0}
      role="application"
      aria-label={strings.graph.label}
      onPointerMove={drag}
      onPointerUp={release}
      onPointerDown={(event) => {
        pressed.current = { x: event.clientX, y: event.clientY }
      }}
      onDoubleClick={(event) => {
        const id =
          event.target instanceof Element ? event.target.closest<SVGElement>('[data-node]')?.dataset.node : undefined
        if (id !== undefined) onOpenGroup(id)
      }}
      style={
        view
          ? {
              backgroundSize: `${String(dotStep(view.scale))}px ${String(dotStep(view.scale))}px`,
              backgroundPosition: `${String(view.x)}px ${String(view.y)}px`,
            }
          : {}
      }
    >
      {view && size && (
        <>
          <Drawing
            shown={shown}
            layout={layout}
            view={view}
            size={size}
            states={states}
            hasRun={hasRun}
            path={path}
            selected={selected}
          />
          <ZoomBar scale={view.scale} onZoom={zoom} onFit={() => void fit()} />
          <MiniMap
            shown={shown}
            layout={layout}
            view={view}
            canvas={size}
            label={strings.graph.miniMap}
            onMove={(middle) =>
              setView((last) => ({
                ...last,
                x: size.width / 2 - middle.x * last.scale,
                y: size.height / 2 - middle.y * last.scale,
              }))
            }
          />
        </>
      )}
    </div>
  )
}

function Drawing({
  shown,
  layout,
  view,
  size,
  states,
  hasRun,
  path,
  selected,
}: {
  shown: Shown
  layout: Layout
  view: NonNullable<ReturnType<typeof useViewport>['view']>
  size: { width: number; height: number }
  states: Map<string, ReturnType<typeof stateOf>>
  hasRun: boolean
  path: ShownPath | null
  selected: string | null
}) {
  const seen = visibleBox(view, size, 80)
  const blocks = view.scale < SCALE_BLOCKS
  const left = -view.x / view.scale + 6
  const edges = shown.edges.flatMap((edge) => {
    const points = layout.lines.get(edge.id)
    if (!points) return []
    const xs = points.map((point) => point.x)
    const ys = points.map((point) => point.y)
    const around = {
      x: Math.min(...xs),
      y: Math.min(...ys),
      width: Math.max(1, Math.max(...xs) - Math.min(...xs)),
      height: Math.max(1, Math.max(...ys) - Math.min(...ys)),
    }
    return overlaps(around, seen)
      ? [{ edge, points, look: edgeLook(edge, states.get(edge.from) ?? null, states.get(edge.to) ?? null) }]
      : []
  })
  // What is drawn last lies above.
  const onPath = (edge: ShownEdge) => path?.edges.has(edge.id) ?? false
  edges.sort((a, b) => Number(onPath(a.edge)) - Number(onPath(b.edge)))
  const inView = shown.nodes.flatMap((node) => {
    const box = layout.boxes.get(node.id)
    return box && overlaps(box, seen) ? [{ node, box }] : []
  })
  return (
    <svg className={path ? 'gr-drawing with-path' : 'gr-drawing'} width={size.width} height={size.height} aria-hidden>
      <g transform={`translate(${String(view.x)} ${String(view.y)}) scale(${String(view.scale)})`}>
        {inView.map(
          ({ node, box }) =>
            node.isOpen && (
              <GraphGroup key={node.id} shown={node} box={box} left={Math.max(box.x, left)} hasRun={hasRun} />
            ),
        )}
        {edges.map(({ edge, points, look }) => (
          <GraphEdge key={edge.id} edge={edge} points={points} look={look} onPath={onPath(edge)} />
        ))}
        {!blocks &&
          edges.map(({ edge, look }) => {
            const at = layout.labels.get(edge.id)
            return at && <EdgeLabel key={edge.id} edge={edge} at={at} look={look} onPath={onPath(edge)} />
          })}
        {inView.map(
          ({ node, box }) =>
            !node.isOpen && (
              <GraphNode
                key={node.id}
                shown={node}
                box={box}
                selected={node.id === selected}
                hasRun={hasRun}
                blocks={blocks}
                onPath={path?.nodes.has(node.id) ?? false}
              />
            ),
        )}
      </g>
    </svg>
  )
}
