import { describe, expect, it } from 'vitest'
import { allLines, depthsOf, groupsOf, hiddenLines, listedLines, nextLine, previousLine } from './lines'

describe('groups', () => {
  it('pairs what opens with what closes, also inside each other', () => {
    expect(groupsOf([1, 5, 20], [8, 12])).toEqual([
      { start: 1, end: 12, depth: 0 },
      { start: 5, end: 8, depth: 1 },
      { start: 20, end: null, depth: 0 },
    ])
    expect(groupsOf([], [3])).toEqual([])
  })

  it('knows how deep a line stands', () => {
    const depth = depthsOf(groupsOf([1, 5], [8, 12]))
    expect([1, 2, 5, 6, 8, 9, 12, 13].map(depth)).toEqual([0, 1, 1, 2, 1, 1, 0, 0])
  })

  it('hides the bodies of closed groups and the ends of open ones', () => {
    const groups = groupsOf([1, 5, 20], [8, 12])
    expect(hiddenLines(groups, () => true, 30)).toEqual([
      { from: 2, to: 12 },
      { from: 21, to: 30 },
    ])
    expect(hiddenLines(groups, () => false, 30)).toEqual([
      { from: 8, to: 8 },
      { from: 12, to: 12 },
    ])
    expect(hiddenLines(groups, (group) => group.start === 5, 30)).toEqual([
      { from: 6, to: 8 },
      { from: 12, to: 12 },
    ])
  })
})

describe('rows', () => {
  it('are all lines without the hidden ones', () => {
    const map = allLines(12, [
      { from: 2, to: 4 },
      { from: 8, to: 8 },
    ])
    const lines = Array.from({ length: map.rows }, (_, row) => map.lineAt(row))
    expect(lines).toEqual([1, 5, 6, 7, 9, 10, 11, 12])
    expect(lines.map(map.rowOf)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    // A hidden line is where the line is that stands for it.
    expect([2, 4, 8].map(map.rowOf)).toEqual([0, 0, 3])
  })

  it('are quick in a long log with many groups', () => {
    const hidden = Array.from({ length: 10_000 }, (_, i) => ({ from: i * 1_000 + 2, to: i * 1_000 + 500 }))
    const map = allLines(10_000_000, hidden)
    expect(map.rows).toBe(10_000_000 - 10_000 * 499)
    expect(map.lineAt(map.rows - 1)).toBe(10_000_000)
    expect(map.rowOf(map.lineAt(4_321_000))).toBe(4_321_000)
  })

  it('are listed lines when filtered', () => {
    const map = listedLines([4, 9, 90])
    expect([map.rows, map.lineAt(1), map.rowOf(9), map.rowOf(10), map.rowOf(1)]).toEqual([3, 9, 1, 1, 0])
  })
})

it('steps through lines and around', () => {
  const lines = [4, 9, 90]
  expect([0, 4, 90, 91].map((line) => nextLine(lines, line))).toEqual([4, 9, 4, 4])
  expect([0, 4, 90, 91].map((line) => previousLine(lines, line))).toEqual([90, 90, 9, 90])
  expect(nextLine([], 1)).toBeNull()
})
