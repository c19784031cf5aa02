import type { UsageSeries } from '@/api/contract'

const GIB = 1024 ** 3

/** A series of so many points; both shapes take the share of the way, and answer cores and GiB. */
export function fakeUsage(
  points: number,
  interval: number,
  cores: (t: number) => number,
  gib: (t: number) => number,
): UsageSeries {
  const at = (i: number) => i / Math.max(1, points - 1)
  return {
    interval,
    points: Array.from({ length: points }, (_, i) => [
      Math.round(cores(at(i)) * 1_000) / 1_000,
      Math.round(gib(at(i)) * GIB),
    ]),
  }
}
