import { describe, expect, it } from 'vitest'
import { datesIn } from './dates'

const now = Date.UTC(2026, 10, 19, 9, 42, 18, 5)
const dates = datesIn('utc')
const HOUR = 3_600_000

describe('dates in UTC', () => {
  it('are 24 h with English names', () => {
    expect(dates.clock(now)).toBe('09:42:18')
    expect(dates.dateTime(now, now)).toBe('Thu 19 Nov, 09:42')
    expect(dates.dateTime(Date.UTC(2025, 8, 1, 0, 5), now)).toBe('Mon 1 Sep 2025, 00:05')
    expect(dates.exact(now)).toBe('Thu 19 Nov 2026, 09:42:18.005 UTC')
    expect(dates.dayKey(now)).toBe('2026-11-19')
  })

  it.each([
    [now + HOUR, '10:42'],
    [now + 20 * HOUR, 'Fri 05:42'],
    [now + 24 * 9 * HOUR, 'Sat 28 Nov, 09:42'],
  ])('say what tells them from now', (at, text) => expect(dates.near(at, now)).toBe(text))
})
