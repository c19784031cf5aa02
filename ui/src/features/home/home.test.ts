import { describe, expect, it } from 'vitest'
import type { Bucket, FailedRun } from '@/api/contract'
import { datesIn } from '@/lib/dates'
import { DRAWN_NOW, HOUR, MINUTE } from '@/testing/builders'
import { bucketAt, bucketText, chartOf, niceTop, spanBetween, spanBox, totalsOf } from './chart'
import { about, failedLines, hoursOf, importLines, isOver, spanOf, taskName } from './model'

const dates = datesIn('utc')
const aRun = (over: Partial<FailedRun> = {}): FailedRun => ({
  dag_id: 'orders',
  run_id: 'r',
  task_id: 'load',
  map_index: -1,
  reason: null,
  try_number: 1,
  end: DRAWN_NOW,
  good_since: 0,
  ...over,
})
const buckets = (count: number, over: (i: number) => Partial<Bucket> = () => ({})): Bucket[] =>
  Array.from({ length: count }, (_, i) => ({
    start: Date.UTC(2026, 10, 19, 6) + i * 15 * MINUTE,
    success: 10,
    failed: 0,
    running: 0,
    ...over(i),
  }))

describe('needs attention', () => {
  it('has one line per DAG with its newest failure', () => {
    const rows = [aRun({ end: 1 }), aRun({ end: 3, run_id: 'new' }), aRun({ dag_id: 'other', end: 2 })]
    expect(failedLines(rows, null).map((line) => [line.run.dag_id, line.run.run_id, line.runs.length])).toEqual([
      ['orders', 'new', 2],
      ['other', 'r', 1],
    ])
  })

  it('puts last what went well since', () => {
    const rows = [aRun({ dag_id: 'well', end: 9, good_since: 3 }), aRun({ dag_id: 'ill', end: 1 })]
    expect(failedLines(rows, null).map((line) => [line.run.dag_id, isOver(line)])).toEqual([
      ['ill', false],
      ['well', true],
    ])
  })

  it('leaves only what happened in the chosen time', () => {
    const span = { from: 10, to: 20 }
    expect(failedLines([aRun({ end: 9 }), aRun({ end: 10 }), aRun({ end: 20 })], span)).toHaveLength(1)
    const error = { id: 1, file: 'a.py', message: 'x', line: null, seen: 15 }
    expect(importLines([error, { ...error, seen: 20 }], span)).toHaveLength(1)
  })

  it.each([
    [aRun(), 'load'],
    [aRun({ map_index: 4 }), 'load[4]'],
    [aRun({ task_id: null }), null],
  ])('names the task', (run, name) => expect(taskName(run)).toBe(name))
})

describe('the address', () => {
  it.each([
    ['from=1&to=2', { from: 1, to: 2 }],
    ['from=2&to=1', null],
    ['from=x&to=2', null],
    ['', null],
  ])('%j chooses a time', (query, span) => expect(spanOf(new URLSearchParams(query))).toEqual(span))

  it.each([
    ['hours=6', 6],
    ['hours=7', 24],
    ['', 24],
  ])('%j chooses a span', (query, hours) => expect(hoursOf(new URLSearchParams(query))).toBe(hours))
})

describe('the chart', () => {
  it.each([
    [0, 2],
    [3, 4],
    [7, 8],
    [14, 16],
    [17, 20],
    [140, 160],
    [961, 1_000],
    [Number.NaN, Number.NaN],
  ])('%s fits below %s', (value, top) => expect(niceTop(value)).toBe(top))

  it('draws success up, running on top of it and failed down, one path each', () => {
    const chart = chartOf(
      buckets(2, (i) => (i === 1 ? { success: 5, running: 5, failed: 1 } : {})),
      24 + 20,
      dates,
    )
    expect(chart.success).toBe('M25 18h8v64h-8zM35 50h8v32h-8z')
    expect(chart.running).toBe('M35 17h8v32h-8z')
    expect(chart.failed).toBe('M35 84h8v9h-8z')
    expect(chart.lines).toEqual([
      { y: 18, label: '10' },
      { y: 50, label: '5' },
    ])
  })

  it('labels full steps of the day and leaves room for them', () => {
    const labels = chartOf(buckets(96), 1_216, dates).ticks.map((tick) => tick.label)
    expect(labels.slice(0, 3)).toEqual(['08:00', '10:00', '12:00'])
    const days = chartOf(
      buckets(96, (i) => ({ start: Date.UTC(2026, 10, 12) + i * 105 * MINUTE })),
      1_216,
      dates,
    ).ticks
    expect(days[0]).toMatchObject({ label: 'Fri 13 Nov', strong: true })
  })

  it('survives having nothing to draw', () => {
    const chart = chartOf([], 300, dates)
    expect(chart.success + chart.failed).toBe('')
    expect(bucketAt(chart, [], 50)).toBeNull()
    expect(spanBox(chart, [], { from: 0, to: 1 })).toBeNull()
  })

  it('turns pixels into a span and back', () => {
    const all = buckets(4)
    const chart = chartOf(all, 24 + 80, dates)
    expect(bucketAt(chart, all, 24 + 45)).toBe(2)
    expect(bucketAt(chart, all, -5)).toBe(0)
    expect(bucketAt(chart, all, 500)).toBe(3)
    const span = spanBetween(all, 2, 1)
    expect(span).toEqual({ from: all[1]?.start, to: (all[2]?.start ?? 0) + 15 * MINUTE })
    expect(span && spanBox(chart, all, span)).toEqual({ x: 44, width: 40 })
    expect(spanBox(chart, all, { from: 0, to: 1 })).toBeNull()
  })

  it('counts', () => {
    expect(totalsOf(buckets(3, () => ({ failed: 2 })))).toEqual({ runs: 36, failed: 6 })
  })
})

it.each([
  [15 * MINUTE, '15 min'],
  [HOUR, '1 h'],
  [105 * MINUTE, '1h 45m'],
])('a bucket of %s ms is %s', (ms, words) => expect(bucketText(ms)).toBe(words))

it.each([
  [72_000, '1m 12s'],
  [4.2 * MINUTE, '~4m'],
  [185 * MINUTE, '~3h 05m'],
])('an expected %s ms is %s', (ms, words) => expect(about(ms)).toBe(words))
