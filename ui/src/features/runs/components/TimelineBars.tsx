import { useMemo } from 'react'
import type { Timeline } from '@/api/contract'
import { GlyphLayers } from '@/components/state/StateGlyph'
import { countsInWords } from '@/components/state/table'
import { useDates } from '@/lib/dates'
import { count } from '@/lib/durations'
import { strings } from '@/lib/strings'
import { ofCell, RowPainter, type Layout } from '../timeline/bars'
import { connectorsOf, criticalNodes } from '../timeline/critical'
import type { Profiles } from '../timeline/profile'
import type { Row } from '../timeline/rows'
import { offsetOf, ticksOf, type Scale } from '../timeline/scale'
import { Painted } from './paints'
import type { InView } from './use-rows-in-view'

const text = strings.run
const NONE: ReadonlySet<number> = new Set()

/** The bars, arrows and marks of the rows in view, as one drawing. */
export function TimelineBars({
  timeline,
  rows,
  view,
  layout,
  scale,
  now,
  live,
  path,
  profiles,
}: {
  timeline: Timeline
  rows: Row[]
  view: InView
  layout: Layout
  scale: Scale
  now: number
  live: boolean
  path: boolean
  profiles: Profiles
}) {
  const dates = useDates()
  const critical = useMemo(() => (path ? criticalNodes(timeline) : NONE), [path, timeline])
  const connectors = useMemo(() => (path ? connectorsOf(timeline, rows) : []), [path, timeline, rows])
  const painter = new RowPainter(scale, now, critical, profiles)
  const shown = rows.slice(view.first, view.last + 1)
  shown.forEach((row, i) => painter.row(row, i * layout.row + layout.bar, labelOf(row, profiles)))
  const height = shown.length * layout.row
  const { at } = ticksOf(scale, offsetOf(scale.span.from, dates.time))
  const inView = connectors.filter(
    (one) =>
      Math.max(one.fromRow, one.toRow) >= view.first &&
      Math.min(one.fromRow, one.toRow) <= view.last &&
      scale.x(one.at) >= 0 &&
      scale.x(one.at) <= view.width,
  )
  const topOf = (row: number) => (row - view.first) * layout.row + layout.bar
  const nowX = Math.round(scale.x(now)) + 0.5
  return (
    <svg
      className="tl-bars"
      width={view.width}
      height={height}
      viewBox={`0 0 ${String(view.width)} ${String(height)}`}
      style={{ top: view.first * layout.row, left: layout.tree }}
      aria-hidden
    >
      <path
        className="s-grid"
        d={at.map((tick) => `M${String(Math.round(scale.x(tick)) + 0.5)} 0V${String(height)}`).join('')}
      />
      <Painted paths={painter.entries()} />
      {painter.glyphs.map((glyph) => (
        <g
          key={`${String(glyph.x)} ${String(glyph.y)}`}
          transform={`translate(${String(glyph.x)} ${String(glyph.y)}) scale(.86)`}
        >
          <GlyphLayers state={glyph.state} />
        </g>
      ))}
      {painter.labels.map((label) => (
        <text key={label.y} className="tl-label" x={label.x} y={label.y}>
          {label.text}
        </text>
      ))}
      <path
        className="s-ink"
        strokeWidth={1.25}
        d={inView.map((one) => arrow(scale.x(one.at), topOf(one.fromRow), topOf(one.toRow))).join('')}
      />
      {live && nowX >= 0 && nowX <= view.width && (
        <path className="s-run" strokeWidth={1.25} d={`M${String(nowX)} 0V${String(height)}`} />
      )}
    </svg>
  )
}

/** From the lower edge of one bar to the upper edge of another, or the other way round. */
function arrow(x: number, fromY: number, toY: number): string {
  const down = toY > fromY
  const begin = down ? fromY + 19 : fromY + 5
  const end = down ? toY + 5 : toY + 19
  const tip = down ? -3.2 : 3.2
  return `M${x.toFixed(1)} ${String(begin)}V${String(end)}m-2.5 ${String(tip)}l2.5 ${String(-tip)}l2.5 ${String(tip)}`
}

/** What stands behind the bar of a row. */
function labelOf({ at, node, closed }: Row, profiles: Profiles): string {
  const { counts } = ofCell(at.cell)
  if (closed !== null) return ''
  if (counts) {
    if (!node.is_mapped) return ''
    const profile = profiles.get(node.id)
    const parts = [
      Object.keys(counts).some((state) => state !== 'success') && countsInWords(counts),
      profile && text.atOnce(count(profile.at_most)),
      profile && profile.retries > 0 && text.retries(profile.retries),
    ]
    return parts.filter(Boolean).join(', ')
  }
  const failed =
    at.segments.filter((segment) => segment.kind === 'failed').length - (at.segments.at(-1)?.kind === 'failed' ? 1 : 0)
  if (failed > 0) return text.retries(failed)
  return at.segments.some((segment) => segment.kind === 'deferred') ? text.deferred : ''
}
