import { describe, expect, it } from 'vitest'
import { allLines } from './lines'
import { RowOffsets } from './offsets'
import { marksOf, thumbOf, topForThumb } from './ruler'

describe('the ruler', () => {
  it('stands beside the lines of a short log', () => {
    const offsets = new RowOffsets(allLines(10, []), new Map([[4, 80]]))
    expect(marksOf([1, 4], offsets, 700, 6)).toEqual([
      { y: 7, height: 6 },
      { y: 67, height: 6 },
    ])
    expect(marksOf([4], offsets, 700, 6, true)).toEqual([{ y: 67, height: 70 }])
    expect(thumbOf(0, 700, offsets.total, 700)).toBeNull()
  })

  it('draws a long log by share, and never more marks than pixels', () => {
    const offsets = new RowOffsets(allLines(1_000_000, []), new Map())
    const every = Array.from({ length: 100_000 }, (_, i) => i * 10 + 1)
    expect(marksOf(every, offsets, 700, 3)).toHaveLength(1)
    expect(marksOf([1, 500_001, 1_000_000], offsets, 700, 6).map((mark) => mark.y)).toEqual([0, 350, 694])
  })

  it('has a thumb that leads back to where it stands', () => {
    const total = 20_000_000
    const thumb = thumbOf(7_000_000, 700, total, 700)
    expect(thumb?.height).toBe(24)
    expect(topForThumb(thumb?.y ?? 0, 700, total, 700)).toBeCloseTo(7_000_000, 0)
    expect(topForThumb(-50, 700, total, 700)).toBe(0)
  })
})
