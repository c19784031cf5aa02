import { describe, expect, it } from 'vitest'
import { age, bytes, count, counted, duration, latency, plural, roughDuration } from './durations'

const S = 1_000
const M = 60 * S
const H = 60 * M

describe('durations', () => {
  it.each([
    [0, '0 ms'],
    [3, '3 ms'],
    [-5, '0 ms'],
    [400, '400 ms'],
    [1_000, '1 s'],
    [1_450, '1.4 s'],
    [38 * S, '38 s'],
    [59_999, '59 s'],
    [27 * M + 18 * S, '27m 18s'],
    [42 * M + 2 * S, '42m 02s'],
    [H + 42 * M, '1h 42m'],
    [3 * H + 5 * M, '3h 05m'],
    [50 * H, '2d 02h'],
  ])('%d ms is %s', (ms, text) => expect(duration(ms)).toBe(text))

  it.each([
    [3 * M + 10 * S, '3m 10s'],
    [30 * M + 40 * S, '31m'],
    [24 * S, '24 s'],
    [74 * M, '1h 14m'],
  ])('roughly %d ms is %s', (ms, text) => expect(roughDuration(ms)).toBe(text))

  it.each([
    [18 * S, '18 s'],
    [4 * M, '4 min'],
    [119 * M, '1 h'],
    [49 * H, '2 d'],
  ])('an age of %d ms is %s', (ms, text) => expect(age(ms)).toBe(text))

  it.each([
    [12, '12 B'],
    [1126, '1.1 KiB'],
    [402 * 1024 ** 2, '402 MiB'],
    [1.41 * 1024 ** 3, '1.4 GiB'],
    [2 * 1024 ** 3, '2.0 GiB'],
  ])('%d bytes are %s', (value, text) => expect(bytes(value)).toBe(text))

  it('counts with commas and words', () => {
    expect(count(8412)).toBe('8,412')
    expect(plural(1, 'run')).toBe('1 run')
    expect(plural(3, 'entry', 'entries')).toBe('3 entries')
  })
})

it.each([
  [0.04, '0 ms'],
  [0.41, '0.4 ms'],
  [3.02, '3 ms'],
  [9.97, '10 ms'],
  [38.4, '38 ms'],
  [1_250, '1.2 s'],
])('a latency of %d', (ms, text) => expect(latency(ms)).toBe(text))

it('says when there are more', () => {
  expect(counted({ count: 8_412, or_more: false })).toBe('8,412')
  expect(counted({ count: 10_000, or_more: true })).toBe('10,000+')
})
