import { createKept, oneOf, useStore } from './store'

export type ZoneChoice = 'utc' | 'local'

export const zoneChoice = createKept<ZoneChoice>('zone', 'utc', oneOf('utc', 'local'))

/** Instants as text in one zone. 24 h clock, English names as in the rest of the page. */
export interface Dates {
  /** Shown beside the clock: `UTC` or the name of the browser's zone. */
  zoneName: string
  /** `09:42` */
  time: (at: number) => string
  /** `09:42:18` */
  clock: (at: number) => string
  /** `Thu 19 Nov` */
  day: (at: number) => string
  /** `Thu 19 Nov, 09:15`; with the year when it is not this one. */
  dateTime: (at: number, now?: number) => string
  /** `Thu 19 Nov 2026, 09:15:00.123` for hovers. */
  exact: (at: number) => string
  /** What tells it from now: `09:15` today, `Fri 09:15` within six days, else the date. */
  near: (at: number, now: number) => string
  /** `2026-11-19`: equal for instants of one day in this zone. */
  dayKey: (at: number) => string
  hour: (at: number) => number
}

const DAY_MS = 24 * 60 * 60_000
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

interface Parts {
  weekday: number
  day: number
  month: number
  year: number
  hour: number
  minute: number
  second: number
}

/** The two zones a browser knows by itself; a grid of thousands of runs asks too often for `Intl`. */
const READ: Record<ZoneChoice, (at: number) => Parts> = {
  utc: (at) => {
    const d = new Date(at)
    return {
      weekday: d.getUTCDay(),
      day: d.getUTCDate(),
      month: d.getUTCMonth(),
      year: d.getUTCFullYear(),
      hour: d.getUTCHours(),
      minute: d.getUTCMinutes(),
      second: d.getUTCSeconds(),
    }
  },
  local: (at) => {
    const d = new Date(at)
    return {
      weekday: d.getDay(),
      day: d.getDate(),
      month: d.getMonth(),
      year: d.getFullYear(),
      hour: d.getHours(),
      minute: d.getMinutes(),
      second: d.getSeconds(),
    }
  },
}

const made: Record<ZoneChoice, Dates> = {
  utc: makeDates('UTC', READ.utc),
  local: makeDates(Intl.DateTimeFormat().resolvedOptions().timeZone, READ.local),
}

export function datesIn(choice: ZoneChoice): Dates {
  return made[choice]
}

export function useDates(): Dates {
  return datesIn(useStore(zoneChoice))
}

const two = (value: number) => String(value).padStart(2, '0')

function makeDates(zoneName: string, parts: (at: number) => Parts): Dates {
  const time = (at: number) => {
    const p = parts(at)
    return `${two(p.hour)}:${two(p.minute)}`
  }
  const day = (at: number) => {
    const p = parts(at)
    return `${WEEKDAYS[p.weekday] ?? ''} ${String(p.day)} ${MONTHS[p.month] ?? ''}`
  }
  const dayKey = (at: number) => {
    const p = parts(at)
    return `${String(p.year)}-${two(p.month + 1)}-${two(p.day)}`
  }
  const dateTime = (at: number, now = Date.now()) => {
    const { year } = parts(at)
    return `${day(at)}${year === parts(now).year ? '' : ` ${String(year)}`}, ${time(at)}`
  }
  return {
    zoneName,
    time,
    day,
    dateTime,
    dayKey,
    clock: (at) => `${time(at)}:${two(parts(at).second)}`,
    exact: (at) =>
      `${day(at)} ${String(parts(at).year)}, ${time(at)}:${two(parts(at).second)}.${String(((at % 1000) + 1000) % 1000).padStart(3, '0')} ${zoneName}`,
    hour: (at) => parts(at).hour,
    near: (at, now) => {
      if (dayKey(at) === dayKey(now)) return time(at)
      return Math.abs(at - now) < 6 * DAY_MS ? `${WEEKDAYS[parts(at).weekday] ?? ''} ${time(at)}` : dateTime(at, now)
    },
  }
}
