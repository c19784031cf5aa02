import { describe, expect, it } from 'vitest'
import { bandsOf, blockBetween, runsBetween, tasksIn, toggledRun } from '@/grid/selected'
import { rowsOf } from '@/grid/rows'
import { aGridRun, aRunFacts, aTreeNode, DRAWN_NOW, HOUR, MINUTE } from '@/testing/builders'
import { cellTarget, runTarget } from './grid-acts'
import { filterOf, queryOf } from './model'
import { axisOf, runTimeline } from './timeline'

const TREE = [
  aTreeNode({ id: 'g', kind: 'group' }),
  aTreeNode({ id: 'g.a', parent: 0 }),
  aTreeNode({ id: 'g.b', parent: 0, is_mapped: true }),
  aTreeNode({ id: 'c' }),
]
const ROWS = rowsOf(TREE, new Set(), '')
const RUNS = ['r1', 'r2', 'r3'].map((run_id, i) =>
  aGridRun({
    run_id,
    cells: [{ counts: { failed: 1 } }, 'success', { counts: { success: 2, failed: 1 } }, i === 0 ? null : 'failed'],
  }),
)

describe('what is selected in the grid', () => {
  it('is runs between two columns, or cells between two corners', () => {
    expect([...runsBetween(RUNS, 2, 1).runs]).toEqual(['r2', 'r3'])
    const block = blockBetween(TREE, ROWS, RUNS, { column: 1, line: 3 }, { column: 0, line: 2 })
    expect([[...block.runs], [...(block.nodes ?? [])]]).toEqual([
      ['r1', 'r2'],
      ['g.b', 'c'],
    ])
  })

  it('turns into runs when one is toggled, and into nothing when it was the last', () => {
    const one = toggledRun({ runs: new Set(['r1']), nodes: new Set(['c']) }, 'r2')
    expect([...(one?.runs ?? [])]).toEqual(['r2'])
    expect(toggledRun(one, 'r2')).toBeNull()
  })

  it('draws neighbours as one band and counts a task under its group once', () => {
    expect(bandsOf([1, 1, 0, 1], (one) => one === 1)).toEqual([
      { from: 0, to: 1 },
      { from: 3, to: 3 },
    ])
    expect(tasksIn(TREE, new Set(['g', 'g.a'])).map((one) => one.id)).toEqual(['g.a', 'g.b'])
  })

  it('becomes a target: tasks that a run has, runs with their counts', () => {
    const cells = cellTarget('orders', TREE, RUNS.slice(0, 2), new Set(['c']))
    expect(cells.kind === 'tasks' && cells.parts.map((part) => part.runId)).toEqual(['r2'])
    const runs = runTarget('orders', TREE, RUNS.slice(0, 1))
    expect(runs.kind === 'runs' && runs.runs[0]?.counts).toEqual({ success: 3, failed: 1 })
  })
})

describe('views of the list', () => {
  it('are equal when they show the same', () => {
    const filter = filterOf(new URLSearchParams('tag=tier-1&q=ord&view=failing&sel=x'))
    expect(queryOf(filter)).toBe('q=ord&view=failing&tag=tier-1')
    expect(filterOf(new URLSearchParams(queryOf(filter)))).toEqual(filter)
  })
})

describe('runs over time', () => {
  const run = (from: number, minutes: number | null) =>
    aRunFacts({
      start: DRAWN_NOW - from * MINUTE,
      end: minutes === null ? null : DRAWN_NOW - (from - minutes) * MINUTE,
    })

  it('knows how many ran side by side, and draws a running one up to now', () => {
    const { peak, spans, from, to } = runTimeline([run(60, null), run(90, 40), run(120, 30)], DRAWN_NOW)
    expect(peak).toBe(2)
    const [newest] = spans
    expect(from + ((newest?.left ?? 0) + (newest?.width ?? 0)) * (to - from)).toBeCloseTo(DRAWN_NOW)
  })

  it('marks even steps of the clock', () => {
    const { at, day } = axisOf({ from: DRAWN_NOW - 5 * HOUR, to: DRAWN_NOW })
    expect([at.every((tick) => tick % (30 * MINUTE) === 0), at.length, day]).toEqual([true, 10, false])
  })
})
