import { describe, expect, it } from 'vitest'
import type { LogBlock } from '@/api/contract'
import { BLOCK_LINES, blocksOf, grown, lineIn } from './log'
import { fileName } from './download'

const block = (from: number, to: number, total = to, complete = false): LogBlock => ({
  total,
  complete,
  lines: Array.from({ length: to - from + 1 }, (_, i) => ({
    n: from + i,
    time: null,
    level: 'info',
    source: 'log',
    text: '',
    detail: [],
  })),
})

describe('the tail', () => {
  it('grows by what is read behind it and keeps the block that is not full', () => {
    const tail = grown(block(801, 1_300), block(1_301, 1_500))
    expect([tail?.total, tail?.lines[0]?.n, tail?.lines.at(-1)?.n]).toEqual([1_500, 1_001, 1_500])
  })

  it('stays the same value when nothing was added', () => {
    const tail = block(801, 1_300)
    expect(grown(tail, block(1_301, 1_300, 1_300))).toBe(tail)
    expect(grown(tail, { ...block(1_301, 1_300, 1_300), complete: true })).toMatchObject({ complete: true })
  })

  it('is read anew when it cannot be continued', () => {
    expect(grown(block(801, 1_300), block(1_301, 1_800, 9_000))).toBeNull()
    expect(grown(block(801, 1_300), block(1, 20))).toBeNull()
  })

  it('answers what stands in it; other lines come by full blocks', () => {
    const tail = block(801, 1_300)
    expect(lineIn(tail, 900)?.n).toBe(900)
    expect(lineIn(tail, 800)).toBeUndefined()
    expect(blocksOf([1, 500, 501, 800, 801, 1_300], 801)).toEqual([0, 1])
    expect(BLOCK_LINES).toBe(500)
  })
})

it('a saved log has a name that every system takes', () => {
  const source = {
    dagId: 'orders',
    runId: 'scheduled__2026-11-19T09:15:00+00:00',
    taskId: 'stage.load',
    mapIndex: 3,
    tryNumber: 2,
  }
  expect(fileName(source)).toBe('orders.scheduled__2026-11-19T09_15_00+00_00.stage.load[3].try2.log')
  expect(fileName({ ...source, runId: '../../x', mapIndex: -1 })).toBe('orders..._.._x.stage.load.try2.log')
})
