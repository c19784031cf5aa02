import type { Room } from '@/lib/media'
import type { Segment, TaskState } from '@/api/contract'
import { bandPaint, bandsOf } from '@/components/state/bands'
import { STATES, totalOf, type Counts } from '@/components/state/table'
import { endOf } from './ends'
import type { Row } from './rows'
import { profileShape, type Profiles } from './profile'
import type { Scale } from './scale'

export const ROW_PX = 24

/** Where names and bars stand: beside each other, or on a phone the bar under its name. styles/timeline.css has the same. */
export interface Layout {
  /** Height of a row. */
  row: number
  /** Width of the names beside the bars. */
  tree: number
  /** Where in its row a bar has its 24 px. */
  bar: number
}

export const LAYOUTS: Record<Room, Layout> = {
  wide: { row: ROW_PX, tree: 264, bar: 0 },
  middle: { row: ROW_PX, tree: 180, bar: 0 },
  small: { row: 44, tree: 0, bar: 19 },
}
const BAR_Y = 6
const BAR_PX = 12
const MANY_Y = 4
const MANY_PX = 16
const WIDTH_PX_MIN = 2
const CROSS_PX_MIN = 14

/** How a path is filled or stroked: classes, and a pattern of the drawing where one is needed. */
export type Paint =
  | 'f-ok'
  | 'f-ok-q'
  | 'f-run'
  | 'f-bad'
  | 'f-retry'
  | 'f-wait'
  | 'f-idle'
  | 'f-idle-s'
  | 'f-line-2'
  | 'f-line-3'
  | 'slot'
  | 'deferred'
  | 'reschedule'
  | 'delay'
  | 'cross'
  | 'bracket'
  | 's-bg'
  | 'f-ok-s'
  | 'f-run-s'
  | 'f-bad-s'
  | 'waits'
  | 'mark'

export interface Label {
  x: number
  y: number
  text: string
}
export interface Glyph {
  x: number
  y: number
  state: TaskState
}

/** Draws rows as one path per paint, however many rows and segments there are. */
export class RowPainter {
  readonly labels: Label[] = []
  readonly glyphs: Glyph[] = []
  private readonly paths = new Map<Paint, string[]>()
  private readonly scale: Scale
  private readonly now: number
  private readonly critical: ReadonlySet<number>
  private readonly profiles: Profiles

  /** `critical`: places in the tree whose bars are strong; `profiles`: of mapped tasks, as far as they are known. */
  constructor(scale: Scale, now: number, critical: ReadonlySet<number>, profiles: Profiles) {
    this.scale = scale
    this.now = now
    this.critical = critical
    this.profiles = profiles
  }

  /** `y` is the upper edge of the row; `label` stands behind its last bar. */
  row(row: Row, y: number, label: string): void {
    const { at, closed } = row
    const { counts, state } = ofCell(at.cell)
    if (closed === false) this.bracket(row, y)
    else if (counts !== null && at.segments.length === 0) this.profile(row, counts, y)
    else for (const segment of at.segments) this.segment(segment, y, this.critical.has(at.node))
    const end = endOf(at) ?? this.now
    if (
      closed === null &&
      at.segments.length === 0 &&
      state !== null &&
      state !== 'none' &&
      (at.end ?? at.start) !== null
    ) {
      this.glyphs.push({ x: this.scale.x(at.end ?? at.start ?? 0) - 6, y: y + 6, state })
    } else if (label !== '' && (at.segments.length > 0 || at.start !== null)) {
      this.labels.push({ x: Math.min(this.scale.x(end), this.scale.width) + 6, y: y + 16, text: label })
    }
  }

  entries(): [paint: Paint, d: string][] {
    return [...this.paths].map(([paint, parts]) => [paint, parts.join('')])
  }

  private segment({ kind, from, to }: Segment, y: number, critical: boolean): void {
    const box = this.box(from, to ?? this.now)
    if (box === null) return
    const { x, width } = box
    const top = y + BAR_Y
    switch (kind) {
      case 'run':
        if (to === null) this.add('f-run', halfRound(x, top, width, BAR_PX))
        else this.add(critical ? 'f-ok' : 'f-ok-q', round(x, top, width, BAR_PX, 2))
        break
      case 'failed':
        this.add('f-bad', round(x, top, width, BAR_PX, 2))
        if (width >= CROSS_PX_MIN) this.add('cross', `M${fixed(x + width - 9)} ${fixed(top + 3.5)}l5 5m0-5l-5 5`)
        break
      case 'delay':
        this.add('delay', `M${fixed(x + 1)} ${fixed(top + 6)}H${fixed(x + Math.max(2, width - 1))}`)
        break
      case 'queued':
        this.add('f-line-3', round(x, top, width, BAR_PX, 1))
        break
      case 'slot':
        this.add('slot', round(x + 0.5, top + 0.5, Math.max(1, width - 1), BAR_PX - 1, 2))
        break
      case 'deferred':
        this.add('deferred', round(x + 0.5, top + 0.5, Math.max(1, width - 1), BAR_PX - 1, 2))
        break
      case 'reschedule':
        this.add('reschedule', round(x + 0.5, top + 0.5, Math.max(1, width - 1), BAR_PX - 1, 2))
        break
    }
  }

  /** An open group: from its first begin to its last end; one that goes on has no right end. */
  private bracket({ at }: Row, y: number): void {
    if (at.start === null) return
    const left = this.clamped(at.start)
    const right = this.clamped(at.end ?? this.now)
    if (right - left < 1) return
    this.add(
      'bracket',
      `M${fixed(left + 0.5)} ${fixed(y + 16)}V${fixed(y + 10.5)}H${fixed(right - 0.5)}${at.end === null ? '' : `V${fixed(y + 16)}`}`,
    )
  }

  /** A mapped task: how many of its instances ran at once. Without that, as a closed group. */
  private profile(row: Row, counts: Counts, y: number): void {
    const { at, node, closed } = row
    const profile = closed === null ? this.profiles.get(node.id) : undefined
    if (profile === undefined || profile.running.length === 0) {
      this.many(row, counts, y)
      return
    }
    const goesOn = at.end === null
    const shape = profileShape(profile, this.scale, y, this.now, goesOn)
    if (shape === null) return
    const family = goesOn ? 'run' : counts.success === undefined && counts.failed !== undefined ? 'bad' : 'ok'
    this.add(`f-${family}-s`, shape.ground)
    this.add(family === 'ok' && !this.critical.has(at.node) ? 'f-ok-q' : `f-${family}`, shape.shape)
    if (shape.delays !== '') this.add('waits', shape.delays)
    if (shape.marks !== '') this.add('mark', shape.marks)
  }

  /** A mapped task or a closed group: from first begin to last end, cut into the shares of its states. */
  private many({ at }: Row, counts: Counts, y: number): void {
    if (at.start === null || totalOf(counts) === 0) return
    const box = this.box(at.start, at.end ?? this.now)
    if (box === null) return
    const { x, width } = box
    const top = y + MANY_Y
    for (const band of bandsOf(counts, MANY_PX)) {
      const paint =
        band.state === 'success' && this.critical.has(at.node)
          ? 'f-ok'
          : bandPaint(band.state, `f-${STATES[band.state].family}`)
      this.add(
        paint as Paint,
        `M${fixed(x)} ${fixed(top + band.y)}h${fixed(width)}v${fixed(band.height)}h${fixed(-width)}z`,
      )
      if (band.y > 0) this.add('s-bg', `M${fixed(x)} ${fixed(top + band.y)}h${fixed(width)}`)
    }
    for (let cut = 1; cut <= 3 && width > 24; cut += 1)
      this.add('s-bg', `M${fixed(x + (width * cut) / 4)} ${fixed(top)}v${String(MANY_PX)}`)
  }

  /** Where a piece stands; null outside of what is shown. Far ends are cut, so that a deep zoom draws no endless path. */
  private box(from: number, to: number): { x: number; width: number } | null {
    if (to < this.scale.span.from || from > this.scale.span.to) return null
    const x = this.clamped(from)
    return { x, width: Math.max(WIDTH_PX_MIN, this.clamped(to) - x) }
  }

  private clamped(at: number): number {
    return Math.max(-8, Math.min(this.scale.width + 8, this.scale.x(at)))
  }

  private add(paint: Paint, d: string): void {
    const parts = this.paths.get(paint)
    if (parts) parts.push(d)
    else this.paths.set(paint, [d])
  }
}

export function ofCell(cell: Row['at']['cell']): { counts: Counts | null; state: TaskState | null } {
  if (cell === null) return { counts: null, state: null }
  return typeof cell === 'string' ? { counts: null, state: cell } : { counts: cell.counts, state: null }
}

function round(x: number, y: number, width: number, height: number, radius: number): string {
  const r = Math.min(radius, width / 2)
  return `M${fixed(x + r)} ${fixed(y)}h${fixed(width - 2 * r)}${arc(r, r, r)}v${fixed(height - 2 * r)}${arc(r, -r, r)}h${fixed(2 * r - width)}${arc(r, -r, -r)}v${fixed(2 * r - height)}${arc(r, r, -r)}z`
}

/** Square where it goes on. */
function halfRound(x: number, y: number, width: number, height: number): string {
  const r = Math.min(2, width / 2)
  return `M${fixed(x + r)} ${fixed(y)}H${fixed(x + width)}V${fixed(y + height)}H${fixed(x + r)}${arc(r, -r, -r)}V${fixed(y + r)}${arc(r, r, -r)}z`
}

const arc = (r: number, dx: number, dy: number) => `a${fixed(r)} ${fixed(r)} 0 0 1 ${fixed(dx)} ${fixed(dy)}`
const fixed = (value: number) => String(Math.round(value * 10) / 10)
