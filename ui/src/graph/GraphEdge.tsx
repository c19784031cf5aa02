import { memo } from 'react'
import { arrowPath, LABEL_HEIGHT, labelWidth, linePath, type Point } from './layout'
import { labelOf, type EdgeLook, type ShownEdge } from './model'

export const GraphEdge = memo(function GraphEdge({
  edge,
  points,
  look,
  onPath,
}: {
  edge: ShownEdge
  points: Point[]
  look: EdgeLook
  onPath: boolean
}) {
  return (
    <g className={`gr-edge ${look}${onPath ? ' on-path' : ''}`}>
      <path d={linePath(points)} className="line" />
      <path d={arrowPath(points)} className="head" />
      <title>{`${edge.from} → ${edge.to}`}</title>
    </g>
  )
})

export function EdgeLabel({ edge, at, look, onPath }: { edge: ShownEdge; at: Point; look: EdgeLook; onPath: boolean }) {
  const label = labelOf(edge) ?? ''
  const width = labelWidth(label)
  return (
    <g className={`gr-label ${look}${onPath ? ' on-path' : ''}`}>
      <rect
        x={at.x - width / 2}
        y={at.y - LABEL_HEIGHT / 2}
        width={width}
        height={LABEL_HEIGHT}
        rx={LABEL_HEIGHT / 2}
      />
      <text x={at.x} y={at.y + 4}>
        {label}
      </text>
    </g>
  )
}
