import { strings } from '@/lib/strings'
import { check } from './check'
import { inline, isEqual, isRecord, readJson } from './json'
import type { Field } from './schema'

const { wrong } = strings.trigger

export type DateMode = 'now' | 'date' | 'none'

/** Everything the dialog holds. Form and JSON are two views of `set`. */
export interface FormState {
  /** What differs from the defaults, and keys that no parameter has. */
  set: Record<string, unknown>
  /** What was typed into a field and is no value (yet), by name. */
  broken: Record<string, string>
  /** The server's word on a field, until the field changes. */
  refused: Record<string, string>
  /** The text of the JSON view; null while the form is shown. */
  json: string | null
  dateMode: DateMode
  /** As typed, and what it means; null while that is no date. */
  dateText: string
  date: number | null
  runId: string
  /** After the first attempt to send, fields that were left alone say what is wrong, too. */
  tried: boolean
}

export const EMPTY_FORM: FormState = {
  set: {},
  broken: {},
  refused: {},
  json: null,
  dateMode: 'now',
  dateText: '',
  date: null,
  runId: '',
  tried: false,
}

const without = <T>(record: Record<string, T>, name: string): Record<string, T> =>
  Object.fromEntries(Object.entries(record).filter(([key]) => key !== name))

/** undefined: no value at all, because there is no default and null is none. */
export function valueOf(field: Field, set: Record<string, unknown>): unknown {
  if (Object.hasOwn(set, field.name)) return set[field.name]
  return (field.initial === null || field.initial === undefined) && check(field.schema, null) === wrong.needed
    ? undefined
    : field.initial
}

export function confOf(fields: Field[], set: Record<string, unknown>): Record<string, unknown> {
  const known = fields.flatMap((field) => {
    const value = valueOf(field, set)
    return value === undefined ? [] : [[field.name, value] as const]
  })
  return { ...Object.fromEntries(known), ...set }
}

export function changedNames(fields: Field[], set: Record<string, unknown>): Set<string> {
  const known = new Map(fields.map((field) => [field.name, field]))
  return new Set(Object.keys(set).filter((name) => !isEqual(set[name], known.get(name)?.initial)))
}

export function extraNames(fields: Field[], set: Record<string, unknown>): string[] {
  return Object.keys(set).filter((name) => !fields.some((field) => field.name === name))
}

/** `undefined` takes the value away. */
export function setValue(state: FormState, field: Field, value: unknown): FormState {
  const set =
    value === undefined || isEqual(value, field.initial)
      ? without(state.set, field.name)
      : { ...state.set, [field.name]: value }
  return { ...state, set, broken: without(state.broken, field.name), refused: without(state.refused, field.name) }
}

export function setBroken(state: FormState, field: Field, typed: string): FormState {
  return { ...state, broken: { ...state.broken, [field.name]: typed }, refused: without(state.refused, field.name) }
}

/** Takes a whole configuration: a recent one, or what the JSON view holds. */
export function setConf(state: FormState, fields: Field[], conf: Record<string, unknown>): FormState {
  const known = new Map(fields.map((field) => [field.name, field]))
  const set = Object.fromEntries(
    Object.entries(conf).filter(([name, value]) => {
      const field = known.get(name)
      return !field || !isEqual(value, field.initial)
    }),
  )
  return { ...state, set, broken: {}, refused: {} }
}

export function editJson(state: FormState, fields: Field[], text: string): FormState {
  const read = readJson(text)
  const taken = 'value' in read && isRecord(read.value) ? setConf(state, fields, read.value) : state
  return { ...taken, json: text }
}

/** What is wrong with the text of the JSON view. */
export function jsonProblem(json: string | null): string | null {
  if (json === null) return null
  const read = readJson(json)
  if ('error' in read) return `${wrong.json}: ${read.error}`
  return isRecord(read.value) ? null : wrong.notObject
}

export function showJson(state: FormState, fields: Field[]): FormState {
  return { ...state, json: JSON.stringify(confOf(fields, state.set), null, 2), broken: {} }
}

/** What stands beside the fields. A field that nobody touched says nothing before the first attempt to send. */
export function problemsOf(fields: Field[], state: FormState): Record<string, string> {
  const problems: Record<string, string> = {}
  for (const field of fields) {
    const typed = state.broken[field.name]
    const touched = state.tried || Object.hasOwn(state.set, field.name)
    const problem =
      typed !== undefined
        ? brokenProblem(field, typed)
        : (state.refused[field.name] ?? (touched ? checked(field, valueOf(field, state.set)) : null))
    if (problem !== null) problems[field.name] = problem
  }
  return problems
}

function brokenProblem(field: Field, typed: string): string {
  if (typed.trim() === '') return wrong.needed
  return field.kind === 'integer'
    ? wrong.whole
    : field.kind === 'number'
      ? wrong.number
      : field.kind === 'date-time'
        ? wrong.dateTime
        : wrong.json
}

function checked(field: Field, value: unknown): string | null {
  return value === undefined ? wrong.needed : check(field.schema, value)
}

export interface ConfLine {
  text: string
  changed: boolean
}

/** The configuration as it will be sent, one line per key. */
export function confLines(fields: Field[], set: Record<string, unknown>): ConfLine[] {
  const changed = changedNames(fields, set)
  const entries = Object.entries(confOf(fields, set))
  return entries.map(([name, value], i) => ({
    text: `${JSON.stringify(name)}: ${inline(value)}${i < entries.length - 1 ? ',' : ''}`,
    changed: changed.has(name),
  }))
}

/** `eu-west, 24, [shopify]`: what a configuration sets, without what is the default anyway; '' when nothing. */
export function confWords(fields: Field[], conf: unknown): string {
  if (!isRecord(conf)) return ''
  const { set } = setConf(EMPTY_FORM, fields, conf)
  return Object.entries(set)
    .map(([name, value]) =>
      typeof value === 'string' ? value : typeof value === 'boolean' ? `${name} ${String(value)}` : inline(value),
    )
    .join(', ')
}
