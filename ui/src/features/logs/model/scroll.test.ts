import { describe, expect, it } from 'vitest'
import { allLines } from './lines'
import { LINE_PX, placeAfterScroll, placeAt, RowOffsets, spaceOf } from './offsets'
import { LogScroll } from './scroll'

describe('offsets', () => {
  const offsets = new RowOffsets(
    allLines(100, [{ from: 11, to: 20 }]),
    new Map([
      [5, 60],
      [15, 200],
      [30, 40],
    ]),
  )

  it('are whole lines plus what is higher, without what is hidden', () => {
    expect([0, 4, 5, 10, 19, 20].map((row) => offsets.top(row))).toEqual([0, 80, 140, 240, 420, 460])
    expect([4, 5].map((row) => offsets.height(row))).toEqual([60, 20])
    expect(offsets.total).toBe(90 * LINE_PX + 60)
  })

  it('find the row at a height', () => {
    expect([-5, 0, 79, 80, 139, 140, 1e9].map((y) => offsets.rowAt(y))).toEqual([0, 0, 3, 4, 4, 5, 89])
    expect(new RowOffsets(allLines(0, []), new Map()).rowAt(0)).toBe(-1)
  })
})

describe('a box that is lower than the log', () => {
  const total = 10_000_000 * LINE_PX

  it('shows every place of it', () => {
    for (const top of [0, 1, 12_345_678, total - 700]) {
      const place = placeAt(top, total, 700)
      expect(place.scrollTop + place.shift).toBe(top)
      expect(place.scrollTop).toBeGreaterThanOrEqual(0)
      expect(place.scrollTop).toBeLessThanOrEqual(spaceOf(total) - 700)
    }
  })

  it('moves along before its edge is reached', () => {
    const before = placeAt(50_000_000, total, 700)
    const after = placeAfterScroll(1_000, before.shift, total, 700)
    expect(after.scrollTop + after.shift).toBe(1_000 + before.shift)
    expect(after.scrollTop).toBeGreaterThan(1_000_000)
  })

  it('does not move when it is as high as the log', () => {
    expect(placeAfterScroll(10, 0, 5_000, 700)).toEqual({ scrollTop: 10, shift: 0 })
  })
})

describe('the reader', () => {
  const at = (scroll: LogScroll) => scroll.get().place.scrollTop + scroll.get().place.shift
  const open = (total: number, following: boolean) => {
    const scroll = new LogScroll(allLines(total, []), following)
    scroll.setViewport(400)
    return scroll
  }

  it('who follows stays at the end', () => {
    const scroll = open(1_000_000, true)
    expect(at(scroll)).toBe(1_000_000 * LINE_PX - 400)
    scroll.setMap(allLines(1_000_500, []), 20)
    expect(at(scroll)).toBe(1_000_500 * LINE_PX + 20 - 400)
    expect(scroll.get().last).toBe(1_000_499)
  })

  it('who scrolls up leaves the end, and comes back to it at the bottom', () => {
    const scroll = open(100, true)
    scroll.scrolled(1_000)
    expect(scroll.get().following).toBe(false)
    scroll.setMap(allLines(200, []), 0)
    expect(at(scroll)).toBe(1_000)
    scroll.scrolled(3_600)
    expect(scroll.get().following).toBe(true)
  })

  it('keeps the line at the upper edge when lines above it are higher than thought', () => {
    const scroll = open(100, false)
    scroll.scrolled(810)
    expect(scroll.firstLine()).toBe(41)
    scroll.measured([
      [2, 120],
      [50, 60],
    ])
    expect(at(scroll)).toBe(910)
    scroll.measured([[2, 120]])
    scroll.setMap(allLines(100, [{ from: 11, to: 20 }]), 0)
    expect(scroll.firstLine()).toBe(41)
  })

  it('sees a line that is asked for in the middle, and stays when it is in view', () => {
    const scroll = open(1_000, true)
    scroll.show(500)
    expect(scroll.get().following).toBe(false)
    expect(at(scroll)).toBe(499 * LINE_PX - 190)
    scroll.show(505)
    expect(at(scroll)).toBe(499 * LINE_PX - 190)
  })

  it('holds on to that line when it turns out to be higher', () => {
    const scroll = open(1_000, true)
    scroll.show(500)
    scroll.measured([[499, 100]])
    expect(scroll.get().offsets.top(499) - at(scroll)).toBe(190)
  })
})
