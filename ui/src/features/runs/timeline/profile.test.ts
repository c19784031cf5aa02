import { describe, expect, it } from 'vitest'
import { aTaskProfile } from '@/testing/builders'
import { levelsOf, profileShape, totalOfProfile } from './profile'
import { Scale } from './scale'

const scale = new Scale({ from: 0, to: 1_000 }, 1_016)
const shapeOf = (over: Parameters<typeof aTaskProfile>[0], now = 400, goesOn = false, on = scale) =>
  profileShape(aTaskProfile(over), on, 0, now, goesOn)

describe('levels', () => {
  it('are told where they change, and end with the last try', () => {
    expect(levelsOf(aTaskProfile(), 900, false)).toEqual([
      { at: 0, running: 1 },
      { at: 100, running: 4 },
      { at: 300, running: 2 },
      { at: 400, running: 0 },
    ])
  })
  it('stay as they were until now while the task goes on', () => {
    expect(levelsOf(aTaskProfile(), 900, true).at(-1)).toEqual({ at: 900, running: 0 })
    expect(levelsOf(aTaskProfile(), 300, true).at(-1)).toEqual({ at: 400, running: 0 })
  })
  it('are none of a task of which nothing took time', () => {
    expect(levelsOf(aTaskProfile({ to: 0, running: [] }), 900, false)).toEqual([])
  })
})

it('the time of all tries counts a last stretch only as far as it goes', () => {
  expect(totalOfProfile(aTaskProfile())).toBe(1_100)
  expect(totalOfProfile(aTaskProfile({ to: 350 }))).toBe(1_000)
})

describe('the shape', () => {
  it('is as high as the share of the most at once', () => {
    expect(shapeOf({})?.shape).toBe('M8 20H8V16H108V4H308V12H408V20z')
    expect(shapeOf({})?.ground).toBe('M8 3.5H408V20H8z')
  })
  it('shows a little of a lot, and nothing of nothing', () => {
    expect(shapeOf({ running: [100, 0.1, 0, 100], at_most: 100 })?.shape).toBe('M8 20H8V4H108V19H208V20H308V4H408V20z')
  })
  it('keeps the peak where many stretches share a pixel', () => {
    const narrow = new Scale({ from: 0, to: 100_000 }, 116)
    expect(shapeOf({}, 400, false, narrow)?.shape).toBe('M8 20H8V4H10V20z')
  })
  it('is none outside of what is shown, and is cut where it leaves it', () => {
    expect(shapeOf({}, 400, false, new Scale({ from: 500, to: 900 }, 400))).toBeNull()
    expect(shapeOf({ from: 990, to: 5_990, step: 1_250 })?.ground).toBe('M998 3.5H1024V20H998z')
  })
  it('is marked where tries failed, once where they failed together', () => {
    const failed = [
      { at: 100, tries: 1 },
      { at: 101, tries: 1 },
      { at: 300, tries: 2 },
      { at: 3_000, tries: 1 },
    ]
    expect(shapeOf({ failed })?.marks).toBe('M106 3.5h4v4h-4zM306 3.5h4v4h-4z')
  })
  it('has a line while something waits for its next try, if that can be seen', () => {
    const delays = [
      { from: 100, to: 200 },
      { from: 300, to: 301 },
    ]
    expect(shapeOf({ delays })?.delays).toBe('M108 6H208')
  })
})
