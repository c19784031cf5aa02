import { describe, expect, it } from 'vitest'
import { aRunFacts, aTimeline, aTimelineRow, aTreeNode } from '@/testing/builders'
import { connectorsOf, criticalNodes, criticalSummary, shareOfPath } from './critical'
import { rowsOf } from './rows'

const tree = [
  aTreeNode({ id: 'a' }),
  aTreeNode({ id: 'g', kind: 'group' }),
  aTreeNode({ id: 'g.b', parent: 1 }),
  aTreeNode({ id: 'g.c', parent: 1 }),
  aTreeNode({ id: 'd', is_mapped: true }),
]
const timeline = aTimeline({
  tree,
  run: aRunFacts({ start: 0, end: 100 }),
  critical_path: ['a', 'g.b', 'g.c', 'd'],
  rows: [
    aTimelineRow(0, {
      segments: [
        { kind: 'slot', from: 0, to: 5 },
        { kind: 'run', from: 5, to: 20 },
      ],
    }),
    aTimelineRow(1, { start: 22, end: 60 }),
    aTimelineRow(2, {
      segments: [
        { kind: 'failed', from: 22, to: 30 },
        { kind: 'delay', from: 30, to: 35 },
        { kind: 'run', from: 35, to: 40 },
      ],
    }),
    // It had begun to wait while the one before it still ran.
    aTimelineRow(3, { segments: [{ kind: 'deferred', from: 38, to: 60 }] }),
    aTimelineRow(4, { start: 60, end: null, cell: { counts: { success: 3, running: 1 } } }),
  ],
})

describe('the critical path', () => {
  it('says what its time went to, and counts no instant twice', () => {
    expect(criticalSummary(timeline, 90)).toEqual({
      total: 90,
      tasks: 4,
      spent: { waiting: 5, running: 15 + 5 + 30, between: 2, retry: 13, deferred: 20 },
    })
  })
  it('is absent before anything ran', () => {
    expect(criticalSummary(aTimeline({ critical_path: [] }), 90)).toBeNull()
  })
  it('holds tasks and the groups around them', () => {
    expect([...criticalNodes(timeline)].sort()).toEqual([0, 1, 2, 3, 4])
    expect(criticalNodes(aTimeline({ tree, critical_path: ['a'] }))).toEqual(new Set([0]))
  })
  it('gives each task the time since the one before it ended', () => {
    expect(shareOfPath(timeline, 2, 90)).toBeCloseTo((40 - 20) / 90)
    expect(shareOfPath(timeline, 3, 90)).toBeCloseTo((60 - 40) / 90)
    expect(shareOfPath(timeline, 1, 90)).toBeNull()
  })
  it('steps from row to row; steps inside a closed group are none', () => {
    const open = rowsOf(timeline, { closed: new Set(), filter: '', order: 'group' })
    expect(connectorsOf(timeline, open)).toEqual([
      { fromRow: 0, toRow: 2, at: 22 },
      { fromRow: 2, toRow: 3, at: 38 },
      { fromRow: 3, toRow: 4, at: 60 },
    ])
    const closed = rowsOf(timeline, { closed: new Set(['g']), filter: '', order: 'group' })
    expect(connectorsOf(timeline, closed)).toEqual([
      { fromRow: 0, toRow: 1, at: 22 },
      { fromRow: 1, toRow: 2, at: 60 },
    ])
  })
})
