import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api'
import { kindOf, labelOf, labelled, type Shown, type ShownNode } from './model'

export interface Point {
  x: number
  y: number
}
export interface Box extends Point {
  width: number
  height: number
}
export interface Layout {
  width: number
  height: number
  boxes: Map<string, Box>
  lines: Map<string, Point[]>
  /** Middles of the labels of edges. */
  labels: Map<string, Point>
}

export const NODE_HEIGHT = 44
const NODE_MIN = 96
const NODE_MAX = 280
const LETTER = 7.2
const SMALL_LETTER = 6.1
const ROOT = 'root'
export const LABEL_HEIGHT = 18

/** Text is not measured, so that the same graph is laid out alike in a test, a worker and any browser. */
export function nodeWidth(node: ShownNode): number {
  const mark = node.isGroup ? 64 : node.node.is_mapped ? 48 : 0
  const second =
    Math.max((node.node.operator ?? '').length, kindOf(node.node).length) * SMALL_LETTER +
    (node.node.is_mapped ? 56 : 0)
  return Math.round(
    Math.min(NODE_MAX, Math.max(NODE_MIN, 31 + 14 + Math.max(node.label.length * LETTER + mark, second))),
  )
}

/** What a box does not take over from the one around it. */
const EVERYWHERE: Record<string, string> = {
  'elk.edgeRouting': 'POLYLINE',
  'elk.layered.spacing.nodeNodeBetweenLayers': '36',
  'elk.spacing.nodeNode': '14',
  'elk.layered.spacing.edgeNodeBetweenLayers': '14',
  'elk.spacing.edgeNode': '14',
  'elk.spacing.edgeEdge': '10',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '10',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.edgeRouting.polyline.slopedEdgeZoneWidth': '12',
  'elk.edgeLabels.inline': 'true',
  'elk.edgeLabels.placement': 'CENTER',
}
const OPTIONS: Record<string, string> = {
  ...EVERYWHERE,
  'elk.algorithm': 'layered',
  'elk.direction': 'RIGHT',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
  'elk.json.shapeCoords': 'ROOT',
  'elk.json.edgeCoords': 'ROOT',
  'elk.padding': '[top=24,left=24,bottom=24,right=24]',
}
const GROUP_OPTIONS: Record<string, string> = { ...EVERYWHERE, 'elk.padding': '[top=40,left=12,bottom=12,right=12]' }

export function toElk(shown: Shown): ElkNode {
  const children = new Map<string, ElkNode[]>()
  const put = (parent: string | null, node: ElkNode) => {
    const key = parent ?? ROOT
    const list = children.get(key)
    if (list) list.push(node)
    else children.set(key, [node])
  }
  // Backwards: children of a box are complete before the box itself is put into its own.
  for (const node of [...shown.nodes].reverse()) {
    const inside = children.get(node.id)
    put(
      node.parent,
      node.isOpen && inside
        ? {
            id: node.id,
            layoutOptions: {
              ...GROUP_OPTIONS,
              'elk.nodeSize.constraints': 'MINIMUM_SIZE',
              'elk.nodeSize.minimum': `(${String(titleWidth(node))}, 60)`,
            },
            children: inside.reverse(),
          }
        : { id: node.id, width: nodeWidth(node), height: NODE_HEIGHT },
    )
  }
  const withLabel = labelled(shown.edges)
  const edges: ElkExtendedEdge[] = shown.edges.map((edge) => {
    const label = withLabel.has(edge.id) ? labelOf(edge) : null
    const labels =
      label === null ? [] : [{ text: label, width: labelWidth(label), height: LABEL_HEIGHT, layoutOptions: EVERYWHERE }]
    return { id: edge.id, sources: [edge.from], targets: [edge.to], labels }
  })
  return { id: ROOT, layoutOptions: OPTIONS, children: (children.get(ROOT) ?? []).reverse(), edges }
}

export function labelWidth(label: string): number {
  return Math.round(label.length * SMALL_LETTER + 12)
}

function titleWidth(node: ShownNode): number {
  return Math.round(28 + node.label.length * LETTER + 110)
}

export function fromElk(root: ElkNode): Layout {
  const boxes = new Map<string, Box>()
  const lines = new Map<string, Point[]>()
  const labels = new Map<string, Point>()
  const visitBoxes = (node: ElkNode) => {
    for (const child of node.children ?? []) {
      boxes.set(child.id, { x: child.x ?? 0, y: child.y ?? 0, width: child.width ?? 0, height: child.height ?? 0 })
      visitBoxes(child)
    }
  }
  const visitLines = (node: ElkNode) => {
    for (const child of node.children ?? []) visitLines(child)
    for (const edge of node.edges ?? []) {
      const section = edge.sections?.[0]
      const label = edge.labels?.[0]
      if (label)
        labels.set(edge.id, { x: (label.x ?? 0) + (label.width ?? 0) / 2, y: (label.y ?? 0) + (label.height ?? 0) / 2 })
      if (section)
        lines.set(
          edge.id,
          centred(
            [section.startPoint, ...(section.bendPoints ?? []), section.endPoint],
            boxes.get(edge.sources[0] ?? ''),
            boxes.get(edge.targets[0] ?? ''),
          ),
        )
    }
  }
  visitBoxes(root)
  visitLines(root)
  return { width: root.width ?? 0, height: root.height ?? 0, boxes, lines, labels }
}

/** All lines of a node leave and enter in its middle; ELK spreads them over its side. */
function centred(points: Point[], from: Box | undefined, to: Box | undefined): Point[] {
  const middle = (box: Box) => box.y + box.height / 2
  return points.map((point, i) =>
    i === 0 && from
      ? { x: point.x, y: middle(from) }
      : i === points.length - 1 && to
        ? { x: point.x, y: middle(to) }
        : point,
  )
}

const fixed = (value: number) => String(Math.round(value * 10) / 10)

/** A line through the points that leaves and enters level, ending before an arrow head of 6 px. */
export function linePath(points: Point[]): string {
  const [first, ...rest] = points
  if (!first) return ''
  let at = first
  let d = `M${fixed(at.x)} ${fixed(at.y)}`
  for (const [i, point] of rest.entries()) {
    const to = i === rest.length - 1 ? { x: point.x - 6, y: point.y } : point
    const half = (to.x - at.x) / 2
    d +=
      Math.abs(to.y - at.y) < 0.5
        ? `L${fixed(to.x)} ${fixed(to.y)}`
        : `C${fixed(at.x + half)} ${fixed(at.y)} ${fixed(to.x - half)} ${fixed(to.y)} ${fixed(to.x)} ${fixed(to.y)}`
    at = to
  }
  return d
}

export function arrowPath(points: Point[]): string {
  const end = points.at(-1)
  return end ? `M${fixed(end.x - 7)} ${fixed(end.y - 4)}l7 4-7 4z` : ''
}
