import { describe, expect, it } from 'vitest'
import { datesIn } from '@/lib/dates'
import { aDagRow, aGridRun, aRunBar, aTreeNode, DRAWN_NOW, MINUTE } from '@/testing/builders'
import { diffRows, pairLines } from './code/diff'
import { choicesOf, choicesPatch, mergedPages } from './grid-model'
import { filterOf, lastRunWords, nextRunWords, readTokens } from './model'

describe('the filter', () => {
  it('reads the address and ignores what it does not know', () => {
    expect(filterOf(new URLSearchParams('q=ord&view=failing&tag=tier-1&sort=x'))).toEqual({
      q: 'ord',
      view: 'failing',
      tag: 'tier-1',
      owner: null,
      sort: 'dag_id',
    })
  })

  it.each([
    ['ord', { q: 'ord' }],
    ['tag:tier-1 ', { q: '', tag: 'tier-1' }],
    ['tag:ti', { q: 'tag:ti' }],
    ['state:failed orders', { q: 'orders', view: 'failing' }],
    ['owner:crm active:no x', { q: 'x', owner: 'crm', view: 'paused' }],
    ['a b', { q: 'a b' }],
  ])('takes finished tokens out of %j', (typed, found) => expect(readTokens(typed)).toEqual(found))
})

describe('a row in words', () => {
  const now = DRAWN_NOW
  it.each([
    [aRunBar({ state: 'failed', end: now - 4 * MINUTE }), 'failed 4 min ago'],
    [aRunBar({ state: 'running', start: now - 27.3 * MINUTE, end: null }), 'running 27m 18s'],
    [aRunBar({ state: 'queued', start: null, run_after: now - 18_000 }), 'queued 18 s'],
    [aRunBar({ end: now - 12 * MINUTE }), ' 12 min ago'],
    [undefined, ' never ran'],
  ])('says how the last run went', (run, words) => {
    const { word, rest } = lastRunWords(run, now)
    expect(`${word} ${rest}`).toBe(words)
  })

  it('says when the next one is due', () => {
    expect(nextRunWords(aDagRow({ is_paused: true }), datesIn('utc'), now)).toBe('paused')
    expect(nextRunWords(aDagRow({ next_run_after: null }), datesIn('utc'), now)).toBe('–')
    expect(nextRunWords(aDagRow({ next_run_after: now + 18 * MINUTE }), datesIn('utc'), now)).toBe('10:00')
  })
})

describe('the grid', () => {
  it('keeps its choices in the address, defaults left out', () => {
    expect(choicesOf(new URLSearchParams('type=manual&runs=72&state=none'))).toEqual({
      filter: '',
      runType: 'manual',
      state: null,
      runs: 72,
    })
    expect(choicesPatch({ runs: 36, runType: null })).toEqual({ runs: null, type: null })
  })

  it('joins pages, each run once, in the order of the newest tree', () => {
    const [a, b] = [aTreeNode({ id: 'a' }), aTreeNode({ id: 'b' })]
    const page = { version: 1, total_runs: { count: 3, or_more: false }, has_older: false }
    const merged = mergedPages([
      {
        ...page,
        tree: [a, b],
        runs: [
          aGridRun({ run_id: '2', run_after: 2, cells: ['failed', 'none'] }),
          aGridRun({ run_id: '3', run_after: 3, cells: ['success', 'success'] }),
        ],
      },
      {
        ...page,
        tree: [b],
        runs: [
          aGridRun({ run_id: '1', run_after: 1, cells: ['running'] }),
          aGridRun({ run_id: '2', run_after: 2, cells: ['none'] }),
        ],
      },
    ])
    expect(merged.runs.map((run) => [run.run_id, run.cells])).toEqual([
      ['1', [null, 'running']],
      ['2', ['failed', 'none']],
      ['3', ['success', 'success']],
    ])
  })
})

describe('the difference of two versions', () => {
  const lines = (text: string) => text.split('')
  it('pairs equal lines and puts what went beside what came', () => {
    expect(pairLines(lines('abc'), lines('axc'))).toEqual([
      { left: 0, right: 0 },
      { left: 1, right: 1 },
      { left: 2, right: 2 },
    ])
    expect(pairLines(lines('ac'), lines('abc'))).toEqual([
      { left: 0, right: 0 },
      { left: null, right: 1 },
      { left: 1, right: 2 },
    ])
    expect(pairLines([], lines('a'))).toEqual([{ left: null, right: 0 }])
  })

  it('folds what is equal and far from a change', () => {
    const rows = diffRows(lines('abcdefgh'), lines('abcdXfgh'), 1)
    expect(rows.map((row) => (row.kind === 'fold' ? row.lines : row.changed))).toEqual([3, false, true, false, 2])
  })

  it('gives up on huge changes without giving up on the page', () => {
    const many = (letter: string) => Array.from({ length: 2_500 }, (_, i) => `${letter}${String(i)}`)
    expect(pairLines(many('a'), many('b'))).toHaveLength(2_500)
  })
})
