import { expect, it } from 'vitest'
import { aRunFacts, aTimeline, aTimelineRow, aTreeNode } from '@/testing/builders'
import { neighboursOf, progressOf } from './model'
import { filteredLines, statesOf, taskLines } from './tasks-model'

it('a run is as far as its task instances are', () => {
  expect(progressOf({ success: 5, failed: 1, upstream_failed: 2, running: 1, queued: 3, none: 4, skipped: 2 })).toEqual(
    { total: 18, success: 5, failed: 3, running: 1, skipped: 2, left: 7 },
  )
  expect(progressOf({}).total).toBe(0)
})

it('a run has neighbours among the newest', () => {
  const runs = ['c', 'b', 'a'].map((run_id) => aRunFacts({ run_id }))
  const page = { version: 1, runs, next_cursor: null, total: { count: 3, or_more: false } }
  expect(neighboursOf(page, 'b')).toEqual({ before: runs[2], after: runs[0] })
  expect(neighboursOf(page, 'a').before).toBeNull()
  expect(neighboursOf(page, 'gone')).toEqual({ before: null, after: null })
  expect(neighboursOf(undefined, 'a')).toEqual({ before: null, after: null })
})

const timeline = aTimeline({
  tree: [
    aTreeNode({ id: 'g', kind: 'group' }),
    aTreeNode({ id: 'g.a', parent: 0 }),
    aTreeNode({ id: 'm', is_mapped: true }),
    aTreeNode({ id: 'z' }),
  ],
  rows: [
    aTimelineRow(0, { start: 0, end: 90 }),
    aTimelineRow(1, {
      segments: [
        { kind: 'queued', from: 0, to: 10 },
        { kind: 'failed', from: 10, to: 30 },
        { kind: 'delay', from: 30, to: 40 },
        { kind: 'run', from: 40, to: null },
      ],
      cell: 'running',
    }),
    aTimelineRow(2, { start: 20, end: 90, cell: { counts: { success: 3, failed: 1 } } }),
    aTimelineRow(3, { cell: 'none' }),
  ],
})

it('tasks have a line each with what they waited and ran', () => {
  const [a, m, z] = taskLines(timeline, 100)
  expect(a).toMatchObject({ id: 'g.a', state: 'running', began: 0, waited: 20, ran: 80, tries: 2, counts: null })
  expect(m).toMatchObject({ id: 'm', state: 'failed', began: 20, waited: 0, ran: 70, instances: 4 })
  expect(z).toMatchObject({ id: 'z', state: 'none', began: null, ran: 0, tries: 0 })
})

it('tasks are filtered by name and state', () => {
  const lines = taskLines(timeline, 100)
  expect(filteredLines(lines, 'G.', null).map((line) => line.id)).toEqual(['g.a'])
  expect(filteredLines(lines, '', 'failed').map((line) => line.id)).toEqual(['m'])
  expect(statesOf(lines)).toEqual([
    { state: 'failed', n: 1 },
    { state: 'running', n: 1 },
    { state: 'none', n: 1 },
  ])
})
