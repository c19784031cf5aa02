import { memo, useMemo } from 'react'
import type { GridRun } from '@/api/contract'
import type { AxisMarks } from './axis'
import { blockMarkup } from './block'
import { BLOCK_COLUMNS, BLOCK_ROWS, COLUMN, ROW } from './geometry'
import type { GridRow } from './rows'

/** Days and version changes through all rows. */
export const Rules = memo(function Rules({
  left,
  marks,
  height,
  width,
}: {
  left: number
  marks: AxisMarks
  height: number
  width: number
}) {
  const line = (column: number) => `M${String(column * COLUMN + 0.5)} 0V${String(height)}`
  return (
    <svg className="gv-block" style={{ left, top: 0 }} width={width} height={height} aria-hidden>
      <path className="s-line-2" d={marks.days.map(line).join('')} />
      <path className="s-ink-4" strokeDasharray="2 3" d={marks.versions.map((one) => line(one.column)).join('')} />
    </svg>
  )
})

export const Blocks = memo(function Blocks({
  left,
  rows,
  runs,
  columns,
  lines,
}: {
  left: number
  rows: GridRow[]
  runs: GridRun[]
  columns: { from: number; to: number }
  lines: { from: number; to: number }
}) {
  const blocks = []
  for (let x = columns.from; x <= columns.to; x += 1) {
    for (let y = lines.from; y <= lines.to; y += 1)
      blocks.push(<Block key={`${String(x)} ${String(y)}`} left={left} rows={rows} runs={runs} x={x} y={y} />)
  }
  return blocks
})

const Block = memo(function Block({
  left,
  rows,
  runs,
  x,
  y,
}: {
  left: number
  rows: GridRow[]
  runs: GridRun[]
  x: number
  y: number
}) {
  const markup = useMemo(
    () =>
      blockMarkup(
        runs.slice(x * BLOCK_COLUMNS, (x + 1) * BLOCK_COLUMNS),
        rows.slice(y * BLOCK_ROWS, (y + 1) * BLOCK_ROWS),
      ),
    [rows, runs, x, y],
  )
  return (
    <svg
      className="gv-block"
      width={BLOCK_COLUMNS * COLUMN}
      height={BLOCK_ROWS * ROW}
      aria-hidden
      dangerouslySetInnerHTML={{ __html: markup }}
      style={{ left: left + x * BLOCK_COLUMNS * COLUMN, top: y * BLOCK_ROWS * ROW }}
    />
  )
})
