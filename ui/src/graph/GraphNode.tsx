import { memo } from 'react'
import { bandsOf } from '@/components/state/bands'
import { GlyphLayers } from '@/components/state/StateGlyph'
import { STATES, totalOf } from '@/components/state/table'
import { count } from '@/lib/durations'
import { strings } from '@/lib/strings'
import type { Box } from './layout'
import { NODE_HEIGHT } from './layout'
import { countsOf, doneOf, kindOf, stateOf, type ShownNode } from './model'

const text = strings.graph

/** A task, or a closed group, 44 px high. */
export const GraphNode = memo(function GraphNode({
  shown,
  box,
  selected,
  hasRun,
  blocks,
  onPath,
}: {
  shown: ShownNode
  box: Box
  selected: boolean
  hasRun: boolean
  blocks: boolean
  onPath: boolean
}) {
  const look = onPath ? 'gr-node on-path' : 'gr-node'
  const { x, y, width } = box
  const state = hasRun ? stateOf(shown.cell) : null
  const faint = hasRun && (state === null || state === 'skipped' || state === 'none' || state === 'removed')
  const many = shown.isGroup || shown.node.is_mapped
  if (blocks) {
    const paint =
      state === null
        ? 'f-line-2'
        : state === 'success'
          ? 'f-ok-q'
          : STATES[state].family === 'idle'
            ? 'f-line-2'
            : `f-${STATES[state].family}`
    return (
      <rect
        data-node={shown.id}
        x={x}
        y={y}
        width={width}
        height={NODE_HEIGHT}
        rx={6}
        className={`${paint} gr-block ${look}`}
      />
    )
  }
  const tone = state === 'failed' ? ' bad' : state === 'running' ? ' run' : ''
  return (
    <g data-node={shown.id} className={look} transform={`translate(${String(x)} ${String(y)})`}>
      <title>{shown.node.tooltip ?? shown.id}</title>
      {many && <rect x={4.5} y={4.5} width={width - 1} height={NODE_HEIGHT - 1} rx={6} className="gr-box" />}
      {selected && <rect x={-3} y={-3} width={width + 6} height={NODE_HEIGHT + 6} rx={9} className="gr-ring" />}
      <rect
        x={0.5}
        y={0.5}
        width={width - 1}
        height={NODE_HEIGHT - 1}
        rx={6}
        className={`gr-box${tone}${faint || state === 'queued' || state === 'scheduled' ? ' dashed' : ''}`}
      />
      {state !== null && (
        <g transform="translate(10 8)">
          <GlyphLayers state={state} />
        </g>
      )}
      <text x={state === null ? 12 : 31} y={19.5} className={faint ? 'gr-name faint-text' : 'gr-name'}>
        {fitText(shown.label, width - 43 - (many ? 46 : 0), 7.2)}
      </text>
      <text x={state === null ? 12 : 31} y={34.5} className={`gr-meta${state === 'running' ? ' run' : ''}`}>
        {fitText(metaOf(shown, hasRun), width - 43 - (many && hasRun ? 52 : 0), 6)}
      </text>
      {many && <Many shown={shown} width={width} />}
    </g>
  )
})

function Many({ shown, width }: { shown: ShownNode; width: number }) {
  const counts = countsOf(shown.cell)
  const n = shown.isGroup ? shown.tasks : counts === null ? null : totalOf(counts)
  const label = n === null ? '×' : `× ${count(n)}`
  const tag = Math.max(22, label.length * 6.2 + 8)
  return (
    <>
      <rect x={width - tag - 8} y={8} width={tag} height={16} rx={3} className="f-idle-s" />
      <text x={width - 8 - tag / 2} y={20} className="gr-tag">
        {label}
      </text>
      {counts !== null &&
        bandsOf(counts, 40).map((band) => (
          <rect
            key={band.state}
            x={width - 48 + 40 - band.y - band.height}
            y={30}
            width={Math.max(1, band.height - 1)}
            height={4}
            rx={1}
            className={`f-${STATES[band.state].family}`}
          />
        ))}
    </>
  )
}

function metaOf(shown: ShownNode, hasRun: boolean): string {
  if (shown.isGroup) {
    const done = hasRun ? doneOf(shown.cell) : null
    return done === null ? text.group : text.done(count(done.done), count(done.total))
  }
  const state = hasRun ? stateOf(shown.cell) : null
  if (state === 'skipped') return text.notTaken
  if (state !== null && state !== 'success' && state !== 'none') return STATES[state].label.toLowerCase()
  const kind = kindOf(shown.node)
  return kind === '' ? (shown.node.operator ?? '') : kind
}

function fitText(value: string, width: number, letter: number): string {
  const letters = Math.max(3, Math.floor(width / letter))
  return value.length <= letters ? value : `${value.slice(0, letters - 1)}…`
}

/** An open group: a box whose title sticks to the edge of the view. */
export const GraphGroup = memo(function GraphGroup({
  shown,
  box,
  left,
  hasRun,
}: {
  shown: ShownNode
  box: Box
  left: number
  hasRun: boolean
}) {
  const done = hasRun ? doneOf(shown.cell) : null
  const title = Math.min(Math.max(box.x, left), box.x + box.width - 140)
  return (
    <g className="gr-group">
      <rect
        x={box.x + 0.5}
        y={box.y + 0.5}
        width={box.width - 1}
        height={box.height - 1}
        rx={10}
        className={shown.depth % 2 === 0 ? 'gr-area' : 'gr-area odd'}
      />
      <g data-group={shown.id} className="gr-title">
        <rect x={title} y={box.y} width={Math.max(60, shown.label.length * 7 + 40)} height={30} className="f-clear" />
        <path d={`m${String(title + 13)} ${String(box.y + 12)} 4 4 4-4`} className="s-ink-3" strokeWidth={1.5} />
        <text x={title + 28} y={box.y + 18} className="gr-group-name">
          {shown.label}
        </text>
      </g>
      {done && (
        <text x={box.x + box.width - 12} y={box.y + 18} textAnchor="end" className="gr-meta">
          {text.done(count(done.done), count(done.total))}
        </text>
      )}
    </g>
  )
})
