import type { TimelineRow } from '@/api/contract'

/** When anything of a row began; what waits for a slot has begun to. */
export function beginOf(row: TimelineRow): number | null {
  return row.segments[0]?.from ?? row.start
}

/** When a row ended; null: not yet, or never begun. */
export function endOf(row: TimelineRow): number | null {
  const last = row.segments.at(-1)
  return last ? last.to : row.end
}
