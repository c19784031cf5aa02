import type { GridRun } from '@/api/contract'
import { cellState, type GridRow } from './rows'

/** A place in the grid: indices into runs (oldest first) and rows in view. */
export interface Place {
  column: number
  line: number
}
export type Direction = 'up' | 'down' | 'left' | 'right'

/** The next place, inside the grid; without one, the newest run's first row. */
export function moved(place: Place | null, direction: Direction, columns: number, lines: number): Place | null {
  if (columns === 0 || lines === 0) return null
  if (place === null) return { column: columns - 1, line: 0 }
  const clamp = (value: number, size: number) => Math.max(0, Math.min(size - 1, value))
  const dx = direction === 'left' ? -1 : direction === 'right' ? 1 : 0
  const dy = direction === 'up' ? -1 : direction === 'down' ? 1 : 0
  return { column: clamp(place.column + dx, columns), line: clamp(place.line + dy, lines) }
}

/** The next failed cell: down the column, then older runs, then from the newest again; null when none is loaded. */
export function nextFailure(place: Place | null, runs: GridRun[], rows: GridRow[]): Place | null {
  const total = runs.length * rows.length
  const start = place === null ? -1 : (runs.length - 1 - place.column) * rows.length + place.line
  for (let step = 1; step <= total; step += 1) {
    const at = (start + step) % total
    const column = runs.length - 1 - Math.floor(at / rows.length)
    const line = at % rows.length
    const row = rows[line]
    const run = runs[column]
    if (!row || !run || row.isOpen) continue
    if (cellState(run.cells[row.node] ?? null) === 'failed') return { column, line }
  }
  return null
}
