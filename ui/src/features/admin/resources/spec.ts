import { strings } from '@/lib/strings'
import type { UsedByKind } from '../api/used-by'

const { wrong } = strings.admin

/** What a form holds; null: a secret that stays what it is. */
export type FormValue = string | boolean | null
export type Form = Record<string, FormValue>

export interface FieldSpec {
  name: string
  label: string
  kind: 'text' | 'number' | 'lines' | 'json' | 'switch' | 'secret' | 'password'
  help?: string
  suggestions?: readonly string[]
  /** It names the thing: given once, when it is made. */
  fixed?: boolean
  optional?: boolean
}

/** What there is to know of pools, connections and variables so that one list and one panel serve all three. */
export interface Spec<T> {
  plural: 'pools' | 'connections' | 'variables'
  /** Names of the id in rows and of the search in queries. */
  id: keyof T & string
  search: string
  fields: FieldSpec[]
  idOf: (row: T) => string
  toForm: (row: T | null) => Form
  check: (form: Form) => Record<string, string>
  /** The body of a new one, and of a change: only `names` are meant. */
  body: (form: Form) => Record<string, unknown>
  change: (form: Form, row: T, names: string[]) => { body: Record<string, unknown>; mask: string[] }
  /** The body of a test, where things can be tested. */
  test?: (form: Form) => Record<string, unknown>
  /** What DAG files can name it as. */
  usedBy?: UsedByKind
  /** What a deletion takes along. */
  goes: (row: T) => string[]
  deletable: (row: T) => boolean
}

export const textOf = (value: FormValue | undefined): string => (typeof value === 'string' ? value : '')
export const orNull = (value: FormValue | undefined): string | null => (textOf(value) === '' ? null : textOf(value))

/** Names of the fields that differ from what is stored. */
export function changedFields<T>(spec: Spec<T>, form: Form, row: T | null): string[] {
  const stored = spec.toForm(row)
  return spec.fields.map((field) => field.name).filter((name) => form[name] !== stored[name])
}

export const needed = (value: FormValue | undefined): string | null =>
  textOf(value).trim() === '' ? wrong.needed : null
export const atMost = (value: FormValue | undefined, max: number): string | null =>
  Array.from(textOf(value)).length > max ? wrong.long(max) : null

/** Keeps the problems there are. */
export function problems(found: Record<string, string | null>): Record<string, string> {
  return Object.fromEntries(Object.entries(found).filter((entry): entry is [string, string] => entry[1] !== null))
}

export function readWhole(text: string): number | null {
  return /^[+-]?\d{1,10}$/.test(text.trim()) ? Number(text) : null
}

export const HIDDEN = '***'

/** Whether a text, or a part of it, came hidden: sent back it would become the value. */
export function isMasked(text: string): boolean {
  if (text === HIDDEN) return true
  if (!text.includes(HIDDEN)) return false
  try {
    return holdsHidden(JSON.parse(text))
  } catch {
    return false
  }
}

function holdsHidden(value: unknown): boolean {
  if (value === HIDDEN) return true
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsHidden)
}

export function isObjectText(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}
