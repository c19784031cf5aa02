import type { TaskState } from '@/api/contract'
import { statesIn, totalOf, type Counts } from './table'

const BAND_MIN_PX = 3
const FAILED_BAND_MIN_PX = 4

export interface Band {
  state: TaskState
  y: number
  height: number
}

/** Cuts a cell into bands by share, worst on top; small shares stay visible, the largest band pays for them. */
export function bandsOf(counts: Counts, height: number): Band[] {
  const total = totalOf(counts)
  if (total === 0) return []
  const parts = statesIn(counts).map((state) => ({
    state,
    height: Math.max(((counts[state] ?? 0) / total) * height, state === 'failed' ? FAILED_BAND_MIN_PX : BAND_MIN_PX),
  }))
  // With more states than fit, the mildest ones go.
  while (parts.length > 1 && parts.reduce((sum, part) => sum + minOf(part.state), 0) > height) parts.pop()
  let over = parts.reduce((sum, part) => sum + part.height, 0) - height
  for (const part of [...parts].sort((a, b) => b.height - a.height)) {
    const cut = Math.min(over, part.height - minOf(part.state))
    part.height -= cut
    over -= cut
  }
  let y = 0
  return parts.map((part) => {
    const band = { ...part, y }
    y += part.height
    return band
  })
}

function minOf(state: TaskState): number {
  return state === 'failed' ? FAILED_BAND_MIN_PX : BAND_MIN_PX
}

/** Fill of a band, a class of styles/state.css. What has not begun stays pale. */
export function bandPaint(state: TaskState, familyPaint: string): string {
  if (state === 'success') return 'f-ok-q'
  if (state === 'skipped' || state === 'removed') return 'f-line-2'
  return state === 'queued' || state === 'scheduled' || state === 'none' ? 'f-idle-s' : familyPaint
}
