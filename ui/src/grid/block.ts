import type { GridRun } from '@/api/contract'
import { CellPainter } from '@/components/state/cell-path'
import { statesIn } from '@/components/state/table'
import { CELL, COLUMN, ROW } from './geometry'
import { cellState, type GridRow } from './rows'

const INSET_X = (COLUMN - CELL) / 2
const INSET_Y = (ROW - CELL) / 2

/** The cells of a block as SVG markup; origin is the corner of its first cell. */
export function blockMarkup(runs: GridRun[], rows: GridRow[]): string {
  const painter = new CellPainter()
  for (const [column, run] of runs.entries()) {
    for (const [line, row] of rows.entries()) {
      const cell = run.cells[row.node] ?? null
      const x = column * COLUMN + INSET_X
      const y = line * ROW + INSET_Y
      if (cell === null) continue
      if (typeof cell === 'string') painter.state(cell, x, y)
      else if (row.isOpen) {
        const worst = cellState(cell)
        if (worst !== null) painter.line(worst, x, y)
      } else {
        const states = statesIn(cell.counts)
        const only = states.length === 1 ? states[0] : undefined
        // One state all through says more with its own shape; success stays a cell with the slit of many.
        if (only !== undefined && only !== 'success') painter.state(only, x, y)
        else painter.counts(cell.counts, x, y)
      }
    }
  }
  return painter.toMarkup()
}
