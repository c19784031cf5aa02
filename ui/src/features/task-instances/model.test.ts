import { describe, expect, it } from 'vitest'
import type { UsageSeries } from '@/api/contract'
import { aTaskInstance, anAttempt, DRAWN_NOW, MINUTE } from '@/testing/builders'
import {
  coresOf,
  exitWords,
  expandedOf,
  historyBars,
  isWaiting,
  lookMs,
  neverRan,
  nextTry,
  peakOf,
  percentile,
  setDuration,
  waitingSince,
} from './model'

describe('an attempt', () => {
  it.each([
    [0, 'exit 0'],
    [137, 'exit 137'],
    [-9, 'SIGKILL'],
    [-42, 'signal 42'],
    [null, null],
  ] as const)('that ended with %s says %s', (exit_status, words) => {
    expect(exitWords(anAttempt({ exit_status }))).toBe(words)
  })

  it('used so many cores on average', () => {
    const start = DRAWN_NOW
    expect(coresOf(anAttempt({ start, end: start + 100_000, user_cpu: 60_000, system_cpu: 11_000 }))).toBe('0.71')
    expect(coresOf(anAttempt({ start, end: null, user_cpu: 60_000, system_cpu: 11_000 }))).toBeNull()
    expect(coresOf(anAttempt({ start, end: start + 1, user_cpu: null, system_cpu: null }))).toBeNull()
  })

  it('that runs has used what was sampled until now', () => {
    const usage: UsageSeries = {
      interval: 4_000,
      points: [
        [0.5, 700],
        [0.9, 900],
        [0.1, 100],
      ],
    }
    const running = anAttempt({ state: 'running', end: null, user_cpu: null, system_cpu: null, usage })
    expect(coresOf(running)).toBe('0.50')
    expect(peakOf({ ...running, max_rss_bytes: null })).toBe(900)
    expect(peakOf({ ...running, max_rss_bytes: 950 })).toBe(950)
    expect(peakOf(anAttempt({ max_rss_bytes: null }))).toBeNull()
    expect(lookMs(aTaskInstance({ attempts: [running] }))).toBe(4_000)
    expect(lookMs(aTaskInstance({ attempts: [{ ...running, usage: null }] }))).toBe(2_000)
    expect(lookMs(aTaskInstance({ attempts: [anAttempt({ usage })] }))).toBe(false)
    expect(lookMs(undefined)).toBe(false)
  })
})

describe('the next try', () => {
  it('follows a running one that may fail', () => {
    expect(
      nextTry(aTaskInstance({ state: 'running', max_tries: 1, retry_delay: 2 * MINUTE, attempts: [anAttempt()] })),
    ).toEqual({ number: 2, at: null, after: 2 * MINUTE })
  })
  it('is due after one that failed', () => {
    expect(
      nextTry(aTaskInstance({ state: 'up_for_retry', max_tries: 1, not_before: DRAWN_NOW, attempts: [anAttempt()] })),
    ).toEqual({ number: 2, at: DRAWN_NOW, after: null })
  })
  it('does not come after the last one, nor after the end', () => {
    expect(
      nextTry(aTaskInstance({ state: 'running', max_tries: 1, attempts: [anAttempt(), anAttempt({ try_number: 2 })] })),
    ).toBeNull()
    expect(nextTry(aTaskInstance({ state: 'success', max_tries: 3, attempts: [anAttempt()] }))).toBeNull()
  })
})

it('knows what waits, and since when', () => {
  expect((['queued', 'none', 'up_for_retry', 'deferred'] as const).every(isWaiting)).toBe(true)
  expect((['running', 'success', 'failed', 'skipped'] as const).some(isWaiting)).toBe(false)
  expect(waitingSince(aTaskInstance({ state: 'queued', queued: 5 }))).toBe(5)
  expect(waitingSince(aTaskInstance({ state: 'none', queued: 5 }))).toBeNull()
})

it('knows what never ran', () => {
  expect(neverRan(aTaskInstance({ state: 'upstream_failed', attempts: [] }))).toBe(true)
  expect(neverRan(aTaskInstance({ state: 'skipped', attempts: [anAttempt()] }))).toBe(false)
  expect(neverRan(aTaskInstance({ state: 'none', attempts: [] }))).toBe(false)
})

it('takes a mapped task as a whole only when it has instances', () => {
  const mapped = { total: 3, counts: { success: 3 }, failed: [] }
  expect(expandedOf(aTaskInstance({ mapped }))).toBe(mapped)
  expect(expandedOf(aTaskInstance({ mapped: { ...mapped, total: 0 } }))).toBeNull()
  expect(expandedOf(aTaskInstance({ mapped, map_index: 2 }))).toBeNull()
})

it('writes durations that someone set without parts that are zero', () => {
  expect([2 * MINUTE, 90_000, 120 * MINUTE, 30_000].map(setDuration)).toEqual(['2m', '1m 30s', '2h', '30 s'])
})

it('draws the last durations', () => {
  const history = [10, 20, null, 40].map((seconds, i) => ({
    run_id: String(i),
    state: 'success' as const,
    duration: seconds === null ? null : seconds * 1_000,
  }))
  const { bars, median } = historyBars(history, 100, 44)
  expect(bars.map((bar) => bar.x)).toEqual([0, 25, 75])
  expect(bars.map((bar) => Math.round(bar.height))).toEqual([10, 20, 40])
  expect(median).toBeCloseTo(20)
  expect(percentile([], 0.5)).toBeNull()
})
