import { LINE_PX, type RowOffsets } from './offsets'

export interface Mark {
  y: number
  height: number
}

/**
 * Marks of lines over the whole log in a ruler of this height: where they stand when the log is shorter than the ruler,
 * else by share. Marks that would touch become one, so there are never more than pixels. `whole`: as high as the line is
 * with what belongs to it, not only where it begins.
 */
export function marksOf(
  lines: readonly number[],
  offsets: RowOffsets,
  ruler: number,
  heightMin: number,
  whole = false,
): Mark[] {
  const scale = rulerScale(offsets.total, ruler)
  const marks: Mark[] = []
  for (const line of lines) {
    const row = offsets.map.rowOf(line)
    const top = offsets.top(row)
    const height = whole ? Math.max(heightMin, (offsets.height(row) - LINE_PX / 2) * scale) : heightMin
    const y = Math.round(scale === 1 ? top + (LINE_PX - heightMin) / 2 : Math.min(top * scale, ruler - heightMin))
    const last = marks.at(-1)
    if (last && y <= last.y + last.height) last.height = Math.max(last.height, y + height - last.y)
    else marks.push({ y, height })
  }
  return marks
}

export function rulerScale(total: number, ruler: number): number {
  return total <= ruler ? 1 : ruler / total
}

const THUMB_PX_MIN = 24

/** The part of the ruler that is in view; null when all of it is. */
export function thumbOf(top: number, viewport: number, total: number, ruler: number): Mark | null {
  if (total <= viewport) return null
  const height = Math.max(THUMB_PX_MIN, (viewport / total) * ruler)
  return { y: (top / (total - viewport)) * (ruler - height), height }
}

/** What to scroll to for a thumb whose upper edge is at `y`. */
export function topForThumb(y: number, viewport: number, total: number, ruler: number): number {
  const height = Math.max(THUMB_PX_MIN, (viewport / total) * ruler)
  return Math.max(0, Math.min(1, y / Math.max(1, ruler - height))) * (total - viewport)
}
