import type { Timeline } from '@/api/contract'

export interface Step {
  at: number
  running: number
}

/** How many tasks ran at once, as steps in time. A mapped task counts as one: how many of it ran is not known. */
export function runningSteps(timeline: Timeline, now: number): { steps: Step[]; peak: number } {
  const turns: { at: number; by: 1 | -1 }[] = []
  const add = (from: number, to: number | null) =>
    turns.push({ at: from, by: 1 }, { at: Math.max(from, to ?? now), by: -1 })
  for (const row of timeline.rows) {
    const node = timeline.tree[row.node]
    if (node === undefined || node.kind === 'group') continue
    const ran = row.segments.filter((segment) => segment.kind === 'run' || segment.kind === 'failed')
    if (row.segments.length === 0 && row.start !== null && node.is_mapped) add(row.start, row.end)
    for (const segment of ran) add(segment.from, segment.to)
  }
  turns.sort((a, b) => a.at - b.at || a.by - b.by)
  const steps: Step[] = []
  let running = 0
  let peak = 0
  for (const turn of turns) {
    running += turn.by
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
