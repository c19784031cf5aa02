import { describe, expect, it } from 'vitest'
import { datesIn } from '@/lib/dates'
import { aGridRun, aTreeNode, DRAWN_NOW, HOUR } from '@/testing/builders'
import { axisMarks, durationStep, tickLabel } from './axis'
import { blockMarkup } from './block'
import { blocksInView } from './geometry'
import { moved, nextFailure } from './moves'
import { cellState, mappedSize, nodeMark, rowsOf } from './rows'

const tree = [
  aTreeNode({ id: 'wait' }),
  aTreeNode({ id: 'stage', kind: 'group', operator: null }),
  aTreeNode({ id: 'stage.load', parent: 1 }),
  aTreeNode({ id: 'stage.quality', kind: 'group', operator: null, parent: 1 }),
  aTreeNode({ id: 'stage.quality.keys', parent: 3 }),
  aTreeNode({ id: 'end' }),
]
const ids = (rows: { node: number }[]) => rows.map((row) => tree[row.node]?.id)

describe('rows', () => {
  it('follow the tree, closed groups hide all below them', () => {
    expect(ids(rowsOf(tree, new Set(), ''))).toEqual(tree.map((node) => node.id))
    const rows = rowsOf(tree, new Set(['stage']), '')
    expect(ids(rows)).toEqual(['wait', 'stage', 'end'])
    expect(rows[1]).toMatchObject({ isGroup: true, isOpen: false, tasks: 2 })
  })

  it('keep what matches with its groups, also closed ones', () => {
    expect(ids(rowsOf(tree, new Set(['stage']), 'KEYS'))).toEqual(['stage', 'stage.quality', 'stage.quality.keys'])
  })

  it('know marks and sizes', () => {
    expect(nodeMark(aTreeNode({ operator: 'S3KeySensor' }))).toBe('sensor')
    expect(nodeMark(aTreeNode({ is_teardown: true }))).toBe('teardown')
    expect(mappedSize([{ counts: { success: 4 } }, { counts: { success: 90, failed: 6 } }, 'none'])).toBe(96)
    expect(mappedSize([null, undefined])).toBeNull()
    expect(cellState({ counts: { success: 3, skipped: 1 } })).toBe('skipped')
  })
})

describe('moves', () => {
  const rows = rowsOf(tree, new Set(), '')
  const runs = [
    aGridRun({ cells: ['success', { counts: { failed: 1 } }, 'failed', null, null, 'success'] }),
    aGridRun({ cells: ['success', null, 'success', null, 'failed', 'failed'] }),
  ]

  it('stay inside', () => {
    expect(moved(null, 'left', 2, 6)).toEqual({ column: 1, line: 0 })
    expect(moved({ column: 0, line: 5 }, 'down', 2, 6)).toEqual({ column: 0, line: 5 })
    expect(moved({ column: 1, line: 3 }, 'left', 2, 6)).toEqual({ column: 0, line: 3 })
    expect(moved(null, 'up', 0, 0)).toBeNull()
  })

  it('go from failure to failure, newest run first, past open groups and round', () => {
    const found = [null, { column: 1, line: 4 }, { column: 1, line: 5 }, { column: 0, line: 2 }].map((place) =>
      nextFailure(place, runs, rows),
    )
    expect(found).toEqual([
      { column: 1, line: 4 },
      { column: 1, line: 5 },
      { column: 0, line: 2 },
      { column: 1, line: 4 },
    ])
    expect(nextFailure(null, [aGridRun({ cells: [] })], rows)).toBeNull()
  })
})

describe('the axis', () => {
  it('has round steps', () => {
    expect(durationStep(47 * 60_000)).toBe(20 * 60_000)
    expect([1, 2, 3].map((n) => tickLabel(n * durationStep(47 * 60_000), 20 * 60_000))).toEqual(['20m', '40m', '60m'])
    expect(tickLabel(90_000, 30_000)).toBe('90s')
  })

  it('marks days of a busy DAG and version changes', () => {
    const runs = Array.from({ length: 36 }, (_, i) => ({
      run_after: DRAWN_NOW - (35 - i) * HOUR,
      version_number: i < 20 ? 42 : 43,
    }))
    const marks = axisMarks(runs, datesIn('utc'))
    expect(marks.days).toEqual([2, 26])
    expect(marks.versions).toEqual([{ column: 20, label: 'v43' }])
    expect(marks.labels.filter((label) => label.strong).map((label) => label.text)).toEqual(['Wed 18', 'Thu 19'])
    expect(marks.labels.some((label) => label.text === '12:42')).toBe(true)
  })

  it('does not rule every column of a daily DAG', () => {
    const runs = Array.from({ length: 12 }, (_, i) => ({
      run_after: DRAWN_NOW - (11 - i) * 24 * HOUR,
      version_number: 1,
    }))
    const marks = axisMarks(runs, datesIn('utc'))
    expect(marks.days).toEqual([])
    expect(marks.labels.map((label) => label.column)).toEqual([0, 3, 6, 9])
  })
})

describe('blocks', () => {
  it('cover the view and one beyond it', () => {
    expect(blocksInView(0, 700, 20, 16, 8_000)).toEqual({ from: 0, to: 3 })
    expect(blocksInView(3_200, 700, 20, 16, 8_000)).toEqual({ from: 9, to: 13 })
    expect(blocksInView(1e9, 700, 20, 16, 36)).toEqual({ from: 2, to: 2 })
  })

  it('leave cells blank from before a task existed', () => {
    const rows = rowsOf(tree, new Set(), '')
    expect(blockMarkup([aGridRun({ cells: tree.map(() => null) })], rows)).toBe('')
    expect(blockMarkup([aGridRun({ cells: tree.map(() => 'success') })], rows)).toContain('f-ok-q')
  })
})
