import type { Timeline } from '@/api/contract'
import { levelsOf, type Profiles } from './profile'

export interface Step {
  at: number
  running: number
}

/**
 * How many task instances ran at once, as steps in time. Of a mapped task as many as its profile says; as long as that
 * is not known, one.
 */
export function runningSteps(timeline: Timeline, now: number, profiles: Profiles): { steps: Step[]; peak: number } {
  const turns: { at: number; by: number }[] = []
  const add = (from: number, to: number | null) =>
    turns.push({ at: from, by: 1 }, { at: Math.max(from, to ?? now), by: -1 })
  for (const row of timeline.rows) {
    const node = timeline.tree[row.node]
    if (node === undefined || node.kind === 'group') continue
    const profile = profiles.get(node.id)
    if (profile) {
      let before = 0
      for (const { at, running } of levelsOf(profile, now, row.end === null)) {
        turns.push({ at, by: running - before })
        before = running
      }
      continue
    }
    const ran = row.segments.filter((segment) => segment.kind === 'run' || segment.kind === 'failed')
    if (row.segments.length === 0 && row.start !== null && node.is_mapped) add(row.start, row.end)
    for (const segment of ran) add(segment.from, segment.to)
  }
  turns.sort((a, b) => a.at - b.at || a.by - b.by)
  const steps: Step[] = []
  let running = 0
  let peak = 0
  for (const turn of turns) {
    // Averages have one decimal; sums of them are to have no more.
    running = Math.round((running + turn.by) * 10) / 10
    peak = Math.max(peak, running)
    const last = steps.at(-1)
    if (last?.at === turn.at) last.running = running
    else steps.push({ at: turn.at, running })
  }
  return { steps, peak }
}

/** The steps as an area of this height standing on `base`. */
export function stepsPath(
  steps: readonly Step[],
  x: (at: number) => number,
  base: number,
  height: number,
  peak: number,
): string {
  const first = steps[0]
  if (first === undefined || peak === 0) return ''
  const y = (running: number) => base - (running / peak) * height
  const line = steps.map((step, i) => `${i === 0 ? '' : `H${fixed(x(step.at))}`}V${fixed(y(step.running))}`).join('')
  return `M${fixed(x(first.at))} ${fixed(base)}${line}Z`
}

const fixed = (value: number) => String(Math.round(value * 10) / 10)
