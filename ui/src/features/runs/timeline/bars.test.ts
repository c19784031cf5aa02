import { describe, expect, it } from 'vitest'
import type { Counts } from '@/components/state/table'
import { aTaskProfile, aTimelineRow, aTreeNode } from '@/testing/builders'
import { RowPainter } from './bars'
import { runningSteps, stepsPath } from './overview'
import { NO_PROFILES } from './profile'
import { Scale } from './scale'
import { aTimeline } from '@/testing/builders'
import type { Row } from './rows'

const scale = new Scale({ from: 0, to: 1_000 }, 1_016)
const row = (over: Partial<Row>): Row => ({
  node: aTreeNode(),
  at: aTimelineRow(0),
  depth: 0,
  closed: null,
  tasks: 0,
  ...over,
})

function paint(rows: Row[], critical = new Set<number>(), profiles = NO_PROFILES) {
  const painter = new RowPainter(scale, 900, critical, profiles)
  rows.forEach((one, i) => painter.row(one, i * 24, one.node.id))
  return { paths: new Map(painter.entries()), labels: painter.labels, glyphs: painter.glyphs }
}

describe('bars', () => {
  it('are one path per kind, however many rows there are', () => {
    const segments = [
      { kind: 'failed' as const, from: 0, to: 100 },
      { kind: 'delay' as const, from: 100, to: 200 },
      { kind: 'run' as const, from: 200, to: 300 },
    ]
    const { paths } = paint(Array.from({ length: 500 }, (_, i) => row({ at: aTimelineRow(i, { segments }) })))
    expect([...paths.keys()].sort()).toEqual(['cross', 'delay', 'f-bad', 'f-ok-q'])
  })
  it('are strong on the critical path, and blue while they go on', () => {
    const at = aTimelineRow(7, {
      segments: [
        { kind: 'run', from: 0, to: 100 },
        { kind: 'run', from: 100, to: null },
      ],
    })
    expect([...paint([row({ at })], new Set([7])).paths.keys()]).toEqual(['f-ok', 'f-run'])
    expect([...paint([row({ at })]).paths.keys()]).toEqual(['f-ok-q', 'f-run'])
  })
  it('outside of what is shown are not drawn, and far ends are cut', () => {
    expect(paint([row({ at: aTimelineRow(0, { segments: [{ kind: 'run', from: -500, to: -10 }] }) })]).paths.size).toBe(
      0,
    )
    expect(
      paint([row({ at: aTimelineRow(0, { segments: [{ kind: 'queued', from: -1e9, to: 1e9 }] }) })]).paths.get(
        'f-line-3',
      ),
    ).toContain('M-7 6')
  })
  it('of many show the shares of their states', () => {
    const { paths } = paint([
      row({ at: aTimelineRow(0, { start: 0, end: 500, cell: { counts: { success: 90, failed: 3 } } }) }),
    ])
    expect(paths.has('f-bad') && paths.has('f-ok-q')).toBe(true)
  })
  it('of a mapped task show how many ran at once, as soon as that is known', () => {
    const profile = aTaskProfile({ failed: [{ at: 200, tries: 1 }], delays: [{ from: 200, to: 300 }] })
    const known = new Map([['load', profile]])
    const paints = (counts: Counts, end: number | null, critical: number[] = []) => [
      ...paint(
        [row({ at: aTimelineRow(0, { start: 0, end, cell: { counts } }) })],
        new Set(critical),
        known,
      ).paths.keys(),
    ]
    expect(paints({ success: 9 }, 400)).toEqual(['f-ok-s', 'f-ok-q', 'waits', 'mark'])
    expect(paints({ success: 9 }, 400, [0])).toEqual(['f-ok-s', 'f-ok', 'waits', 'mark'])
    expect(paints({ success: 8, failed: 1 }, 400)).toEqual(['f-ok-s', 'f-ok-q', 'waits', 'mark'])
    expect(paints({ failed: 9 }, 400)).toEqual(['f-bad-s', 'f-bad', 'waits', 'mark'])
    expect(paints({ success: 8, running: 1 }, null)).toEqual(['f-run-s', 'f-run', 'waits', 'mark'])
  })
  it('of an open group are a bracket, open to the right while it goes on', () => {
    const bracket = (end: number | null) =>
      paint([row({ closed: false, at: aTimelineRow(0, { start: 100, end }) })]).paths.get('bracket')
    expect(bracket(500)).toBe('M108.5 16V10.5H507.5V16')
    expect(bracket(null)).toBe('M108.5 16V10.5H907.5')
  })
  it('carry a label behind them; what never ran has its glyph instead', () => {
    const ran = paint([row({ at: aTimelineRow(0, { segments: [{ kind: 'run', from: 0, to: 100 }] }) })])
    expect(ran.labels).toEqual([{ x: 114, y: 16, text: 'load' }])
    const skipped = paint([row({ at: aTimelineRow(0, { cell: 'skipped', start: 100, end: 100 }) })])
    expect([skipped.labels, skipped.glyphs]).toEqual([[], [{ x: 102, y: 6, state: 'skipped' }]])
  })
})

describe('the overview', () => {
  const tree = [
    aTreeNode({ id: 'a' }),
    aTreeNode({ id: 'b' }),
    aTreeNode({ id: 'm', is_mapped: true }),
    aTreeNode({ id: 'g', kind: 'group' }),
  ]
  const rows = [
    aTimelineRow(0, {
      segments: [
        { kind: 'queued', from: 0, to: 10 },
        { kind: 'run', from: 10, to: 50 },
      ],
    }),
    aTimelineRow(1, {
      segments: [
        { kind: 'failed', from: 20, to: 30 },
        { kind: 'delay', from: 30, to: 40 },
      ],
    }),
    aTimelineRow(2, { start: 50, end: null }),
    aTimelineRow(3, { start: 0, end: 50 }),
  ]
  it('counts the tasks that ran at once', () => {
    const { steps, peak } = runningSteps(aTimeline({ tree, rows }), 70, NO_PROFILES)
    expect(steps.map((step) => [step.at, step.running])).toEqual([
      [10, 1],
      [20, 2],
      [30, 1],
      [50, 1],
      [70, 0],
    ])
    expect(peak).toBe(2)
    expect(stepsPath(steps, (at) => at, 44, 20, peak)).toBe('M10 44V34H20V24H30V34H50V34H70V44Z')
  })
  it('counts the instances of a mapped task whose profile is known', () => {
    const profiles = new Map([['m', aTaskProfile({ from: 25, to: 65, step: 10, running: [1.5, 1.5, 3, 0.5] })]])
    const mapped = [...rows.slice(0, 2), aTimelineRow(2, { start: 25, end: 65 })]
    const { steps, peak } = runningSteps(aTimeline({ tree, rows: mapped }), 70, profiles)
    expect(steps.map((step) => [step.at, step.running])).toEqual([
      [10, 1],
      [20, 2],
      [25, 3.5],
      [30, 2.5],
      [45, 4],
      [50, 3],
      [55, 0.5],
      [65, 0],
    ])
    expect(peak).toBe(4)
  })
  it('is nothing before anything ran', () => {
    expect(stepsPath([], (at) => at, 44, 20, 0)).toBe('')
  })
})
