import type { ListTotal } from '@/api/contract'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const pad = (value: number) => String(value).padStart(2, '0')

/** `3 ms`, `0.4 s`, `38 s`, `27m 18s`, `1h 42m`, `2d 03h`. */
export function duration(ms: number): string {
  const value = Math.max(0, ms)
  if (value < SECOND) return `${String(Math.round(value))} ms`
  if (value < 10 * SECOND) return `${(Math.floor(value / 100) / 10).toFixed(1).replace('.0', '')} s`
  if (value < MINUTE) return `${String(Math.floor(value / SECOND))} s`
  if (value < HOUR) return `${String(Math.floor(value / MINUTE))}m ${pad(Math.floor((value % MINUTE) / SECOND))}s`
  if (value < DAY) return `${String(Math.floor(value / HOUR))}h ${pad(Math.floor((value % HOUR) / MINUTE))}m`
  return `${String(Math.floor(value / DAY))}d ${pad(Math.floor((value % DAY) / HOUR))}h`
}

/** `0.4 ms`, `4.1 ms`, `38 ms`; from a second on as other durations. */
export function latency(ms: number): string {
  return ms < 9.95 ? `${ms.toFixed(1).replace('.0', '')} ms` : duration(ms)
}

/** For what is usual rather than measured: from ten minutes on without seconds (`3m 10s`, `31m`, `1h 14m`). */
export function roughDuration(ms: number): string {
  if (ms < 10 * MINUTE || ms >= HOUR) return duration(ms)
  return `${String(Math.round(ms / MINUTE))}m`
}

/** Age in one unit: `18 s`, `4 min`, `7 h`, `2 d`. */
export function age(ms: number): string {
  const value = Math.max(0, ms)
  if (value < MINUTE) return `${String(Math.floor(value / SECOND))} s`
  if (value < HOUR) return `${String(Math.floor(value / MINUTE))} min`
  if (value < DAY) return `${String(Math.floor(value / HOUR))} h`
  return `${String(Math.floor(value / DAY))} d`
}

/** `1,204`; thousands with a comma as everywhere in the design. */
export function count(value: number): string {
  return value.toLocaleString('en-GB')
}

/** `8,412`, or `10,000+` where only so many were counted. */
export function counted(total: ListTotal): string {
  return total.or_more ? `${count(total.count)}+` : count(total.count)
}

/** `402 MiB`, `1.4 GiB`. */
export function bytes(value: number): string {
  if (value < 1024) return `${String(value)} B`
  const units = ['KiB', 'MiB', 'GiB', 'TiB']
  let scaled = value / 1024
  let unit = 0
  while (scaled >= 1024 && unit < units.length - 1) {
    scaled /= 1024
    unit += 1
  }
  const text =
    scaled >= 100 || (unit < 2 && scaled >= 10) ? Math.round(scaled).toLocaleString('en-GB') : scaled.toFixed(1)
  return `${text} ${units[unit] ?? ''}`
}

/** `1 run`, `3 runs`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}
