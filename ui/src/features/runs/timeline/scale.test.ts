import { describe, expect, it } from 'vitest'
import { aRunFacts, aTimeline, aTimelineRow, MINUTE } from '@/testing/builders'
import { between, moved, offsetOf, PAD, Scale, ticksOf, wholeOf, within, zoomed } from './scale'

const whole = { from: 0, to: 1_000 * MINUTE }

describe('the whole', () => {
  it('reaches from the first begin to the end, with room for labels', () => {
    const run = aRunFacts({ start: 1_000, end: 11_000 })
    expect(wholeOf(aTimeline({ run, rows: [aTimelineRow(0, { start: 500, end: 900 })] }), 99_000)).toEqual({
      from: 500,
      to: 11_000 + 1_260,
    })
  })
  it('reaches to now while the run goes on', () => {
    expect(wholeOf(aTimeline({ run: aRunFacts({ start: 0, end: null }), rows: [] }), 10_000)).toEqual({
      from: 0,
      to: 11_200,
    })
  })
})

describe('a part of it', () => {
  it('is zoomed around an instant that stays where it is', () => {
    const span = zoomed({ from: 0, to: 1_000 }, { from: 0, to: 1_000 }, 0.5, 250)
    expect(span).toEqual({ from: 125, to: 625 })
    expect((250 - span.from) / 500).toBe(0.25)
  })
  it('never leaves the whole, and is never nothing', () => {
    expect(zoomed(whole, whole, 4, 0)).toEqual(whole)
    expect(moved({ from: 900 * MINUTE, to: whole.to }, whole, 0.5)).toEqual({ from: 900 * MINUTE, to: whole.to })
    expect(within({ from: -50, to: 50 }, { from: 0, to: 1_000 })).toEqual({ from: 0, to: 100 })
    expect(between(800, 300, { from: 0, to: 1_000 })).toEqual({ from: 300, to: 800 })
    expect(between(300, 300, { from: 0, to: 1_000 })).toEqual({ from: 300, to: 500 })
  })
})

it('instants and places are the same thing twice', () => {
  const scale = new Scale({ from: 1_000, to: 3_000 }, 400)
  expect([scale.x(1_000), scale.x(3_000)]).toEqual([PAD, 400 - PAD])
  expect(scale.at(scale.x(1_234))).toBeCloseTo(1_234)
})

describe('the axis', () => {
  const ticks = (minutes: number, offset = 0) => ticksOf(new Scale({ from: 0, to: minutes * MINUTE }, 800), offset)
  it('has even steps that leave room for their labels', () => {
    expect(ticks(60).step).toBe(5 * MINUTE)
    expect(ticks(1 / 60).step).toBe(500)
    expect(ticks(60 * 24 * 300).at.length).toBeLessThan(13)
  })
  it('begins days where the zone does', () => {
    expect(ticks(5 * 24 * 60, 90 * MINUTE).at[0]).toBe((12 * 60 - 90) * MINUTE)
  })
  it('knows what a zone is ahead from its clock', () => {
    const at = Date.UTC(2026, 10, 19, 23, 15)
    expect(offsetOf(at, () => '23:15')).toBe(0)
    expect(offsetOf(at, () => '04:45')).toBe(330 * MINUTE)
    expect(offsetOf(at, () => '18:15')).toBe(-300 * MINUTE)
  })
})
