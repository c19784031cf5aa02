import type { TaskProfile } from '@/api/contract'
import type { Scale } from './scale'

/** What mapped tasks did over time, by task id. */
export type Profiles = ReadonlyMap<string, TaskProfile>

export const NO_PROFILES: Profiles = new Map()

const GROUND_Y = 3.5
const BASE_Y = 20
const SHAPE_PX = 16
/** Something that ran is seen, however little of the most at once it is. */
const SHAPE_PX_MIN = 1
const MARK_PX = 4
const DELAY_Y = 6
const DELAY_PX_MIN = 3

/** A number of instances from an instant on, until the next one. */
export interface Level {
  at: number
  running: number
}

/** How many instances ran, from instant to instant; the last level is none. What goes on stays as it was until now. */
export function levelsOf({ from, to, step, running }: TaskProfile, now: number, goesOn: boolean): Level[] {
  const levels: Level[] = []
  for (const [i, count] of running.entries()) {
    if (levels.at(-1)?.running !== count) levels.push({ at: from + i * step, running: count })
  }
  const end = goesOn ? Math.max(now, to) : to
  if (levels.length > 0) levels.push({ at: end, running: 0 })
  return levels
}

/** How long all tries ran, together. */
export function totalOfProfile({ from, to, step, running }: TaskProfile): number {
  return running.reduce((sum, count, i) => sum + count * Math.max(0, Math.min(step, to - from - i * step)), 0)
}

export interface ProfileShape {
  /** The whole bar, below the shape. */ ground: string
  /** How many ran at once. */ shape: string
  /** Where tries failed. */ marks: string
  /** While something waited for its next try. */ delays: string
}

/** A profile as paths in a row whose upper edge is `y`; null outside of what is shown. */
export function profileShape(
  profile: TaskProfile,
  scale: Scale,
  y: number,
  now: number,
  goesOn: boolean,
): ProfileShape | null {
  const levels = levelsOf(profile, now, goesOn)
  const clamped = (at: number) => Math.max(-8, Math.min(scale.width + 8, scale.x(at)))
  const first = levels[0]
  const last = levels.at(-1)
  if (first === undefined || last === undefined || last.at < scale.span.from || first.at > scale.span.to) return null
  const left = clamped(first.at)
  const right = Math.max(left + 2, clamped(last.at))
  const base = y + BASE_Y
  const top = (running: number) =>
    base -
    (running === 0 ? 0 : Math.max(SHAPE_PX_MIN, (Math.min(running, profile.at_most) / profile.at_most) * SHAPE_PX))
  return {
    ground: `M${fixed(left)} ${fixed(y + GROUND_Y)}H${fixed(right)}V${fixed(base)}H${fixed(left)}z`,
    shape: `M${fixed(left)} ${fixed(base)}${perPixel(levels, clamped)
      .map(({ x, running }) => `H${fixed(x)}V${fixed(top(running))}`)
      .join('')}H${fixed(right)}V${fixed(base)}z`,
    marks: spaced(
      profile.failed.map((one) => one.at).filter((at) => within(at, scale)),
      scale,
    )
      .map((x) => `M${fixed(x - MARK_PX / 2)} ${fixed(y + GROUND_Y)}h${MARK_PX}v${MARK_PX}h${-MARK_PX}z`)
      .join(''),
    delays: profile.delays
      .map(({ from, to }) => [clamped(from), clamped(to)] as const)
      .filter(([from, to]) => to - from >= DELAY_PX_MIN)
      .map(([from, to]) => `M${fixed(from)} ${fixed(y + DELAY_Y)}H${fixed(to)}`)
      .join(''),
  }
}

/** Levels as steps in pixels: of those that share a pixel, the highest, so that a narrow bar hides no peak. */
function perPixel(levels: readonly Level[], xOf: (at: number) => number): { x: number; running: number }[] {
  const steps: { x: number; running: number }[] = []
  for (const { at, running } of levels.slice(0, -1)) {
    const x = xOf(at)
    const last = steps.at(-1)
    if (last && x - last.x < 1) last.running = Math.max(last.running, running)
    else steps.push({ x, running })
  }
  return steps
}

/** Places of instants, of those that would lie on each other only the first. */
function spaced(instants: readonly number[], scale: Scale): number[] {
  const places: number[] = []
  for (const at of instants) {
    const x = scale.x(at)
    if (x - (places.at(-1) ?? -Infinity) >= MARK_PX) places.push(x)
  }
  return places
}

const within = (at: number, scale: Scale) => at >= scale.span.from && at <= scale.span.to
const fixed = (value: number) => String(Math.round(value * 10) / 10)
