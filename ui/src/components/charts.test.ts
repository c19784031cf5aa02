import { expect, it } from 'vitest'
import { barsOf } from './bars'
import { sparkPath } from './spark'

it('bars stand right, the longest the tallest, what has no run is empty', () => {
  const bars = barsOf(
    [
      { state: 'success', duration: 100 },
      { state: 'failed', duration: 50 },
    ],
    4,
  )
  expect(bars.map((bar) => [bar.state, bar.height])).toEqual([
    [null, 0],
    [null, 0],
    ['success', 18],
    ['failed', 9],
  ])
})

it('a sparkline stays in its box, also with one value or none', () => {
  expect(sparkPath([0, 5, 10], 104, 20)).toEqual({
    line: 'M1 18L51 10L101 2',
    area: 'M1 18L51 10L101 2L101 20L1 20Z',
    last: { x: 101, y: 2 },
  })
  expect(sparkPath([], 10, 10).last).toBeNull()
  expect(sparkPath([3], 10, 10).line).toBe('M1 2')
})
