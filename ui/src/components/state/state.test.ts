import { describe, expect, it } from 'vitest'
import { bandsOf } from './bands'
import { CellPainter } from './cell-path'
import { CELLS, GLYPHS } from './shapes'
import { countsInWords, STATES, STATES_IN_ORDER, statesIn, worstOf } from './table'

describe('states', () => {
  it('are ordered by severity, each number once', () => {
    expect(STATES_IN_ORDER.map((state) => STATES[state].order)).toEqual(Array.from({ length: 14 }, (_, i) => i + 1))
    expect([STATES_IN_ORDER[0], STATES_IN_ORDER.at(-1)]).toEqual(['failed', 'success'])
  })

  it('stand for many by the worst', () => {
    expect(worstOf(['success', 'skipped', 'failed', 'running'])).toBe('failed')
    expect(worstOf([])).toBeNull()
    expect(statesIn({ success: 91, failed: 3, skipped: 0 })).toEqual(['failed', 'success'])
    expect(countsInWords({ success: 91, failed: 3 })).toBe('3 failed, 91 success')
  })

  it('have shapes that can be drawn anywhere: nothing absolute in a cell', () => {
    for (const layer of Object.values(CELLS).flat()) expect(layer.d).not.toMatch(/[A-Z]/)
    for (const layers of Object.values(GLYPHS)) expect(layers.length).toBeGreaterThan(0)
  })

  it('never fill an idle cell', () => {
    for (const state of STATES_IN_ORDER.filter((one) => STATES[one].family === 'idle'))
      expect(CELLS[state].every((layer) => !/f-(idle|ok|bad)/.test(layer.paint))).toBe(true)
  })
})

describe('bands', () => {
  it('fill the cell, worst on top, with small shares visible', () => {
    const bands = bandsOf({ success: 9_997, failed: 1, running: 2 }, 14)
    expect(bands.map((band) => [band.state, band.y, Math.round(band.height)])).toEqual([
      ['failed', 0, 4],
      ['running', 4, 3],
      ['success', 7, 7],
    ])
  })

  it('drop the mildest states when there is no room', () => {
    const bands = bandsOf({ failed: 1, upstream_failed: 1, running: 1, queued: 1, none: 1, success: 1 }, 14)
    expect(bands.map((band) => band.state)).toEqual(['failed', 'upstream_failed', 'running', 'queued'])
    expect(bands.reduce((sum, band) => sum + band.height, 0)).toBeCloseTo(14)
  })

  it('are none without members', () => expect(bandsOf({}, 14)).toEqual([]))
})

describe('the painter', () => {
  it('needs one path per layer, however many cells', () => {
    const painter = new CellPainter()
    for (let i = 0; i < 100; i += 1) painter.state(i % 10 === 0 ? 'failed' : 'success', i * 20, 5)
    expect(painter.toMarkup().match(/<path/g)).toHaveLength(4)
  })

  it('writes classes, never styles', () => {
    const painter = new CellPainter()
    painter.counts({ failed: 1, success: 3, queued: 2 }, 0, 0)
    painter.line('upstream_failed', 0, 20)
    expect(painter.toMarkup()).not.toMatch(/style=|NaN|undefined/)
  })
})
