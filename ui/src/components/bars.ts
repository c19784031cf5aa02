import type { RunState } from '@/api/contract'

const HEIGHT = 20
const STEP = 8
const HEIGHT_MIN = 3

export interface Bar {
  x: number
  y: number
  height: number
  state: RunState | null
  title?: string
}

/** Right-aligned bars of `slots` places; what has no run yet is null. The tallest is the longest. */
export function barsOf(runs: { state: RunState; duration: number | null; title?: string }[], slots: number): Bar[] {
  const shown = runs.slice(-slots)
  const longest = Math.max(1, ...shown.map((run) => run.duration ?? 0))
  return Array.from({ length: slots }, (_, i) => {
    const run = shown[i - (slots - shown.length)]
    const height = run ? Math.max(HEIGHT_MIN, Math.round(((run.duration ?? 0) / longest) * (HEIGHT - 2))) : 0
    return {
      x: i * STEP,
      y: HEIGHT - height,
      height,
      state: run?.state ?? null,
      ...(run?.title !== undefined && { title: run.title }),
    }
  })
}
