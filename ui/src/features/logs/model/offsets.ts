import { lastWhere, type LineMap } from './lines'

export const LINE_PX = 20

/** Where rows stand. Most are one line high; those that are not, as far as known, are in `heights` by line. */
export class RowOffsets {
  readonly map: LineMap
  readonly total: number
  private readonly odd: { row: number; extra: number }[]
  /** Sum of the extras before the i-th odd row. */
  private readonly before: number[] = []

  constructor(map: LineMap, heights: ReadonlyMap<number, number>) {
    this.map = map
    this.odd = [...heights]
      .map(([line, height]) => ({ line, row: map.rowOf(line), extra: height - LINE_PX }))
      .filter(({ line, row }) => row < map.rows && map.lineAt(row) === line)
      .sort((a, b) => a.row - b.row)
    let sum = 0
    for (const { extra } of this.odd) {
      this.before.push(sum)
      sum += extra
    }
    this.total = map.rows * LINE_PX + sum
  }

  /** Upper edge of a row. */
  top(row: number): number {
    const i = lastWhere(this.odd.length, (at) => (this.odd[at]?.row ?? 0) < row)
    return row * LINE_PX + (i < 0 ? 0 : (this.before[i] ?? 0) + (this.odd[i]?.extra ?? 0))
  }

  height(row: number): number {
    const odd = this.odd[lastWhere(this.odd.length, (at) => (this.odd[at]?.row ?? 0) <= row)]
    return LINE_PX + (odd?.row === row ? odd.extra : 0)
  }

  /** The row at a height, clamped to those that exist; -1 without rows. */
  rowAt(y: number): number {
    return Math.max(
      Math.min(0, this.map.rows - 1),
      lastWhere(this.map.rows, (row) => this.top(row) <= y),
    )
  }
}

/** No browser lays out higher boxes reliably; the scrolled box is at most this high and moves along with the reader. */
const SPACE_PX_MAX = 4_000_000
const EDGE_PX = SPACE_PX_MAX / 8

/** A place in a log that may be higher than a box can be: what is scrolled to is `scrollTop + shift`. */
export interface Place {
  scrollTop: number
  shift: number
}

export function spaceOf(total: number): number {
  return Math.min(total, SPACE_PX_MAX)
}

/** The place that shows `top` at the upper edge. */
export function placeAt(top: number, total: number, viewport: number): Place {
  const wanted = Math.max(0, Math.min(top, total - viewport))
  const shift = Math.max(0, Math.min(total - spaceOf(total), Math.round(wanted - spaceOf(total) / 2)))
  return { scrollTop: wanted - shift, shift }
}

/** The same place after the reader scrolled; the box moves along before its edge is reached. */
export function placeAfterScroll(scrollTop: number, shift: number, total: number, viewport: number): Place {
  const space = spaceOf(total)
  const nearTop = scrollTop < EDGE_PX && shift > 0
  const nearEnd = scrollTop + viewport > space - EDGE_PX && shift < total - space
  return nearTop || nearEnd ? placeAt(scrollTop + shift, total, viewport) : { scrollTop, shift }
}
