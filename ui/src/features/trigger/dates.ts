import type { ZoneChoice } from '@/lib/dates'

const pad = (value: number, digits = 2) => String(value).padStart(digits, '0')

/** `2026-11-19T09:42:18`, as a date-time field of the browser wants it, in the zone that the page shows. */
export function toField(at: number, zone: ZoneChoice): string {
  if (zone === 'utc') return new Date(at).toISOString().slice(0, 19)
  const date = new Date(at)
  return `${pad(date.getFullYear(), 4)}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}T${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`
}

/** `2026-11-19 09:42:18`: what people read and type. */
export const toWords = (at: number, zone: ZoneChoice) => toField(at, zone).replace('T', ' ')

/** A date and time as typed or picked; the time may lack its end or be missing. */
export function fromField(text: string, zone: ZoneChoice): number | null {
  const found = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2})?)?$/.exec(text.trim())
  if (!found) return null
  const [, date = '', time = '00:00', seconds = ':00'] = found
  // Without an offset a date and time is read in the browser's zone.
  const at = Date.parse(`${date}T${time}${seconds}${zone === 'utc' ? 'Z' : ''}`)
  // 30 February parses as 2 March.
  return Number.isNaN(at) || !toField(at, zone).startsWith(date) ? null : at
}

/** `2026-11-19T09:42:18+00:00`; milliseconds only when there are some. */
export function isoText(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z').replace('Z', '+00:00')
}

/** An instant in a text; null when it is something else, a template for instance. */
export function readInstant(text: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/.test(text)) return null
  const hasZone = /(Z|[+-]\d{2}:?\d{2})$/.test(text.slice(10))
  const at = Date.parse(text.replace(' ', 'T') + (hasZone ? '' : text.length > 10 ? 'Z' : 'T00:00:00Z'))
  return Number.isNaN(at) ? null : at
}

/** The instant that the name of a run holds. */
export function instantIn(runId: string): number | null {
  const found = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?([+-]\d{2}:\d{2}|Z)?/.exec(runId)
  return found && readInstant(found[0])
}

/** How the server names a run that a person started. */
export const manualRunId = (at: number) => `manual__${isoText(at)}`
