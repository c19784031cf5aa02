import type { LineMap } from './lines'
import { LINE_PX, placeAfterScroll, placeAt, RowOffsets, type Place } from './offsets'

/** Rows drawn beyond the view on both sides, so that fast scrolling meets lines and not the ground. */
const OVERSCAN_PX = 12 * LINE_PX
const AT_END_PX = 4

export interface ScrollView {
  place: Place
  offsets: RowOffsets
  viewport: number
  /** Height of everything, with what stands below the last row. */
  total: number
  /** Stays at the end while lines are added. */
  following: boolean
  /** Rows to draw; none when `first` is above `last`. */
  first: number
  last: number
}

/**
 * Where the reader is in a log. The line at the upper edge stays where it is while lines above it turn out to be higher,
 * groups fold and lines are added; one who follows stays at the end.
 */
export class LogScroll {
  private readonly heights = new Map<number, number>()
  private readonly listeners = new Set<() => void>()
  private anchor = { line: 1, delta: 0 }
  private below = 0
  private view: ScrollView

  constructor(map: LineMap, following: boolean) {
    const offsets = new RowOffsets(map, this.heights)
    this.view = {
      place: { scrollTop: 0, shift: 0 },
      offsets,
      viewport: 0,
      total: offsets.total,
      following,
      first: 0,
      last: -1,
    }
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  readonly get = (): ScrollView => this.view

  setMap(map: LineMap, below: number): void {
    if (map === this.view.offsets.map && below === this.below) return
    this.below = below
    this.lay(new RowOffsets(map, this.heights))
  }

  setViewport(viewport: number): void {
    if (viewport === this.view.viewport) return
    this.view = { ...this.view, viewport }
    this.lay(this.view.offsets)
  }

  /** Heights of drawn lines as they are. */
  measured(found: Iterable<readonly [line: number, height: number]>): void {
    let changed = false
    for (const [line, height] of found) {
      if ((this.heights.get(line) ?? LINE_PX) === height) continue
      this.heights.set(line, height)
      changed = true
    }
    if (changed) this.lay(new RowOffsets(this.view.offsets.map, this.heights))
  }

  /** Lines are wrapped at another width, or no more. */
  forgetHeights(): void {
    if (this.heights.size === 0) return
    this.heights.clear()
    this.lay(new RowOffsets(this.view.offsets.map, this.heights))
  }

  /** The reader scrolled the box. */
  scrolled(scrollTop: number): void {
    const { place, total, viewport } = this.view
    if (Math.abs(scrollTop - place.scrollTop) < 1) return
    const next = placeAfterScroll(scrollTop, place.shift, total, viewport)
    this.move(next, next.scrollTop + next.shift + viewport >= total - AT_END_PX)
  }

  scrollTo(top: number): void {
    const { total, viewport } = this.view
    this.move(placeAt(top, total, viewport), top + viewport >= total - AT_END_PX)
  }

  scrollBy(px: number): void {
    this.scrollTo(this.top() + px)
  }

  follow(on: boolean): void {
    if (on) this.scrollTo(this.view.total)
    else this.publish({ ...this.view, following: false })
  }

  /** Brings a line into the middle, unless it is well in view. */
  show(line: number): void {
    const { offsets, viewport } = this.view
    const row = offsets.map.rowOf(line)
    const top = offsets.top(row)
    const height = Math.min(offsets.height(row), viewport / 2)
    const inView = top >= this.top() + LINE_PX && top + height <= this.top() + viewport - LINE_PX
    if (inView) this.publish({ ...this.view, following: false })
    else {
      this.move(placeAt(top - (viewport - height) / 2, this.view.total, viewport), false)
      // The line may be drawn at another height than it was thought to have: hold on to it, not to the upper edge.
      this.anchor = { line, delta: this.top() - top }
    }
  }

  /** The first line in view. */
  firstLine(): number {
    const { offsets } = this.view
    return offsets.map.lineAt(Math.max(0, offsets.rowAt(this.top())))
  }

  private top(): number {
    return this.view.place.scrollTop + this.view.place.shift
  }

  private lay(offsets: RowOffsets): void {
    const total = offsets.total + this.below
    const { viewport, following } = this.view
    const kept = offsets.top(offsets.map.rowOf(this.anchor.line)) + this.anchor.delta
    this.publish({ ...this.view, offsets, total, place: placeAt(following ? total : kept, total, viewport) })
  }

  private move(place: Place, following: boolean): void {
    this.publish({ ...this.view, place, following })
    const line = this.firstLine()
    this.anchor = { line, delta: this.top() - this.view.offsets.top(this.view.offsets.map.rowOf(line)) }
  }

  private publish(view: ScrollView): void {
    const top = view.place.scrollTop + view.place.shift
    const first = Math.max(0, view.offsets.rowAt(top - OVERSCAN_PX))
    this.view = { ...view, first, last: view.offsets.rowAt(top + view.viewport + OVERSCAN_PX) }
    for (const listener of this.listeners) listener()
  }
}
