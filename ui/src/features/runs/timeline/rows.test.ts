import { describe, expect, it } from 'vitest'
import { aTimeline, aTimelineRow, aTreeNode } from '@/testing/builders'
import { beginOf, endOf, rowFor, rowsOf, type RowChoice } from './rows'

const tree = [
  aTreeNode({ id: 'wait' }),
  aTreeNode({ id: 'extract', kind: 'group' }),
  aTreeNode({ id: 'extract.orders', parent: 1 }),
  aTreeNode({ id: 'extract.web', kind: 'group', parent: 1 }),
  aTreeNode({ id: 'extract.web.clicks', parent: 3 }),
  aTreeNode({ id: 'load' }),
]
const timeline = aTimeline({
  tree,
  rows: [
    aTimelineRow(0, { segments: [{ kind: 'run', from: 100, to: 200 }] }),
    aTimelineRow(2, {
      segments: [
        { kind: 'queued', from: 50, to: 60 },
        { kind: 'run', from: 60, to: null },
      ],
    }),
    aTimelineRow(4, { start: 10, end: 20 }),
  ],
})
const shown = (choice: Partial<RowChoice>) =>
  rowsOf(timeline, { closed: new Set(), filter: '', order: 'group', ...choice }).map(
    (row) => `${'  '.repeat(row.depth)}${row.node.id}${row.closed === true ? ` +${String(row.tasks)}` : ''}`,
  )

describe('rows', () => {
  it('follow the tree', () => {
    expect(shown({})).toEqual([
      'wait',
      'extract',
      '  extract.orders',
      '  extract.web',
      '    extract.web.clicks',
      'load',
    ])
  })

  it('leave out what stands in closed groups', () => {
    expect(shown({ closed: new Set(['extract']) })).toEqual(['wait', 'extract +2', 'load'])
    expect(shown({ closed: new Set(['extract.web']) })).toEqual([
      'wait',
      'extract',
      '  extract.orders',
      '  extract.web +1',
      'load',
    ])
  })

  it('keep what matches with its groups, which are open then', () => {
    expect(shown({ filter: ' CLICKS ', closed: new Set(['extract']) })).toEqual([
      'extract',
      '  extract.web',
      '    extract.web.clicks',
    ])
    expect(shown({ filter: 'nothing' })).toEqual([])
  })

  it('can be ordered by begin; what has not begun comes last', () => {
    expect(shown({ order: 'start' })).toEqual(['extract.web.clicks', 'extract.orders', 'wait', 'load'])
  })
})

it('a task in a closed group is found in the row of the group', () => {
  const rows = rowsOf(timeline, { closed: new Set(['extract.web']), filter: '', order: 'group' })
  expect(rowFor(rows, tree, 'extract.web.clicks')).toBe(3)
  expect(rowFor(rows, tree, 'load')).toBe(4)
  expect(rowFor(rows, tree, 'gone')).toBe(-1)
})

it('a row begins with its first piece and ends with its last', () => {
  const [first, second, third] = timeline.rows
  expect([first, second, third].map((row) => row && beginOf(row))).toEqual([100, 50, 10])
  expect([first, second, third].map((row) => row && endOf(row))).toEqual([200, null, 20])
})
