import type { Box, Layout, Point } from './layout'

/** The graph is drawn at `scale` with its origin at `x`, `y` of the canvas. */
export interface Viewport {
  x: number
  y: number
  scale: number
}
export interface Size {
  width: number
  height: number
}

export const SCALE_MIN = 0.1
export const SCALE_MAX = 2
/** Below this, nodes are plain blocks of their state. */
export const SCALE_BLOCKS = 0.4
const MARGIN = 24

const clamp = (value: number, min: number, max: number) => Math.min(max, Math.max(min, value))

/** All of it in the middle, never larger than life. */
export function fitted(layout: Size, canvas: Size): Viewport {
  const scale = clamp(
    Math.min((canvas.width - 2 * MARGIN) / layout.width, (canvas.height - 2 * MARGIN) / layout.height, 1),
    SCALE_MIN,
    SCALE_MAX,
  )
  return { x: (canvas.width - layout.width * scale) / 2, y: (canvas.height - layout.height * scale) / 2, scale }
}

/** Smaller than this, a graph does not start fitted but readable, with `focus` in the middle. */
const START_SCALE_MIN = 0.6
const START_SCALE = 0.8

export function startView(layout: Size, canvas: Size, focus: Box | undefined): Viewport {
  const fit = fitted(layout, canvas)
  if (fit.scale >= START_SCALE_MIN) return fit
  const along = (extent: number, room: number, middle: number) => {
    const size = extent * START_SCALE
    if (size + 2 * MARGIN <= room) return (room - size) / 2
    return clamp(room / 2 - middle * START_SCALE, room - size - MARGIN, MARGIN)
  }
  return {
    x: along(layout.width, canvas.width, focus ? focus.x + focus.width / 2 : 0),
    y: along(layout.height, canvas.height, focus ? focus.y + focus.height / 2 : layout.height / 2),
    scale: START_SCALE,
  }
}

/** Distance of the dots behind the graph: they zoom with it, but never come close. */
export function dotStep(scale: number): number {
  let step = 20 * scale
  while (step < 12) step *= 2
  return step
}

/** Zooms so that what lies under a point of the canvas stays there. */
export function zoomedAt(view: Viewport, at: Point, factor: number): Viewport {
  const scale = clamp(view.scale * factor, SCALE_MIN, SCALE_MAX)
  const share = scale / view.scale
  return { x: at.x - (at.x - view.x) * share, y: at.y - (at.y - view.y) * share, scale }
}

/** The part of the graph in view, grown by `margin` px of the canvas. */
export function visibleBox(view: Viewport, canvas: Size, margin = 0): Box {
  return {
    x: (-view.x - margin) / view.scale,
    y: (-view.y - margin) / view.scale,
    width: (canvas.width + 2 * margin) / view.scale,
    height: (canvas.height + 2 * margin) / view.scale,
  }
}

export function overlaps(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

/** Moves as little as needed to have a box in view. */
export function withInView(view: Viewport, box: Box, canvas: Size): Viewport {
  const left = box.x * view.scale + view.x
  const top = box.y * view.scale + view.y
  const dx = left < MARGIN ? MARGIN - left : Math.min(0, canvas.width - MARGIN - (left + box.width * view.scale))
  const dy = top < MARGIN ? MARGIN - top : Math.min(0, canvas.height - MARGIN - (top + box.height * view.scale))
  return dx === 0 && dy === 0 ? view : { ...view, x: view.x + dx, y: view.y + dy }
}

/** The node an arrow key leads to: along an edge where there is one, else the nearest in that direction. */
export function neighbour(
  layout: Layout,
  edges: { from: string; to: string }[],
  ids: string[],
  from: string,
  direction: 'up' | 'down' | 'left' | 'right',
): string | null {
  const own = layout.boxes.get(from)
  if (!own) return null
  const middle = (box: Box): Point => ({ x: box.x + box.width / 2, y: box.y + box.height / 2 })
  const at = middle(own)
  const along =
    direction === 'right'
      ? edges.flatMap((edge) => (edge.from === from ? [edge.to] : []))
      : direction === 'left'
        ? edges.flatMap((edge) => (edge.to === from ? [edge.from] : []))
        : []
  const candidates = along.length > 0 ? along : direction === 'up' || direction === 'down' ? ids : []
  let best: { id: string; cost: number } | null = null
  for (const id of candidates) {
    const box = layout.boxes.get(id)
    if (!box || id === from) continue
    const to = middle(box)
    const ahead = direction === 'up' ? at.y - to.y : direction === 'down' ? to.y - at.y : 1
    if (ahead <= 0) continue
    // Up and down stay in the column first.
    const cost = along.length > 0 ? Math.abs(to.y - at.y) : ahead + Math.abs(to.x - at.x) * 4
    if (best === null || cost < best.cost) best = { id, cost }
  }
  return best?.id ?? null
}
