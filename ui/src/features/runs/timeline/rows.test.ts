import { describe, expect, it } from 'vitest'
import type { Timeline } from '@/api/contract'
import { aTaskProfile, aTimeline, aTimelineRow, aTreeNode } from '@/testing/builders'
import { beginOf, endOf } from './ends'
import { totalRan } from './pools'
import { NO_PROFILES } from './profile'
import { rowAround, rowFor, rowsOf, type RowChoice } from './rows'

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
  pools: [
    { pool: 'default', nodes: [0, 4] },
    { pool: 'warehouse', nodes: [2, 5] },
  ],
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

  it('can stand under the pools of their tasks', () => {
    expect(shown({ order: 'pool' })).toEqual([
      'pool:default',
      '  wait',
      '  extract.web.clicks',
      'pool:warehouse',
      '  extract.orders',
      '  load',
    ])
    expect(shown({ order: 'pool', closed: new Set(['pool:default', 'extract']) })).toEqual([
      'pool:default +2',
      'pool:warehouse',
      '  extract.orders',
      '  load',
    ])
    expect(shown({ order: 'pool', filter: 'orders', closed: new Set(['pool:warehouse']) })).toEqual([
      'pool:warehouse',
      '  extract.orders',
    ])
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

describe('a pool', () => {
  const of = (over: Partial<Timeline>) => {
    const choice = { closed: new Set(['pool:default', 'pool:warehouse']), filter: '', order: 'pool' } as const
    return rowsOf({ ...timeline, ...over }, choice)
  }
  it('is as long as its tasks together, with all their states', () => {
    const rows = [
      aTimelineRow(0, { cell: 'success', segments: [{ kind: 'run', from: 100, to: 200 }] }),
      aTimelineRow(4, { cell: { counts: { success: 3, failed: 1 } }, start: 10, end: 20 }),
      aTimelineRow(2, { cell: 'running', segments: [{ kind: 'run', from: 60, to: null }] }),
    ]
    const [first, second] = of({ rows })
    expect([first?.at.start, first?.at.end, first?.at.cell]).toEqual([10, 200, { counts: { success: 4, failed: 1 } }])
    expect([second?.at.start, second?.at.end, second?.at.cell]).toEqual([60, null, { counts: { running: 1 } }])
    expect(totalRan(first?.members ?? [], tree, NO_PROFILES, 500)).toBe(100)
    const profiles = new Map([['extract.web.clicks', aTaskProfile({ from: 10, to: 20, step: 5, running: [4, 2] })]])
    expect(totalRan(first?.members ?? [], tree, profiles, 500)).toBe(130)
    expect(totalRan(second?.members ?? [], tree, NO_PROFILES, 500)).toBe(440)
  })
  it('that is closed stands for its tasks, and is where they stand', () => {
    const closed = of({})
    expect(rowFor(closed, tree, 'load')).toBe(1)
    expect(rowFor(closed, tree, 'pool:default')).toBe(0)
    const open = rowsOf(timeline, { closed: new Set(), filter: '', order: 'pool' })
    expect([rowAround(open, 2), rowAround(open, 5), rowAround(open, 3)]).toEqual([0, 3, -1])
  })
})
