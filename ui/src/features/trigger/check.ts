import { strings } from '@/lib/strings'
import { isEqual, isRecord } from './json'
import type { Schema } from './schema'

const { wrong } = strings.trigger

/**
 * What is wrong with a value, in words; null when it fits as far as this looks. The server looks at everything and
 * answers per field; this tells the usual mistakes while typing. `pattern` is left to it: not every Python pattern is
 * one here, and a bad one could stop the page.
 */
export function check(schema: Schema, value: unknown): string | null {
  return typeProblem(schema, value) ?? choiceProblem(schema, value) ?? sizeProblem(schema, value)
}

function typeProblem(schema: Schema, value: unknown): string | null {
  const types = (Array.isArray(schema.type) ? schema.type : [schema.type]).filter(
    (type): type is string => typeof type === 'string',
  )
  if (types.length === 0 || types.some((type) => isOfType(type, value))) return null
  if (value === null || value === undefined) return wrong.needed
  if (types.includes('integer')) return wrong.whole
  return types.includes('number') ? wrong.number : wrong.type(types)
}

function isOfType(type: string, value: unknown): boolean {
  switch (type) {
    case 'null':
      return value === null
    case 'integer':
      return Number.isInteger(value)
    case 'array':
      return Array.isArray(value)
    case 'object':
      return isRecord(value)
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === type
    default:
      return true
  }
}

function choiceProblem(schema: Schema, value: unknown): string | null {
  if (Array.isArray(schema.enum) && !schema.enum.some((one) => isEqual(one, value)))
    return wrong.choice(schema.enum.map((one: unknown) => (typeof one === 'string' ? one : JSON.stringify(one))))
  return 'const' in schema && !isEqual(schema.const, value) ? wrong.constant(JSON.stringify(schema.const)) : null
}

function sizeProblem(schema: Schema, value: unknown): string | null {
  if (typeof value === 'number') return numberProblem(schema, value)
  if (typeof value === 'string') return textProblem(schema, value)
  if (Array.isArray(value)) return listProblem(schema, value)
  return isRecord(value) ? membersProblem(schema, value) : null
}

const bound = (
  schema: Schema,
  name: string,
  says: (n: string) => string,
  breaks: (limit: number) => boolean,
): string | null => {
  const limit = schema[name]
  return typeof limit === 'number' && breaks(limit) ? says(String(limit)) : null
}

function numberProblem(schema: Schema, value: number): string | null {
  return (
    bound(schema, 'minimum', wrong.min, (limit) => value < limit) ??
    bound(schema, 'exclusiveMinimum', wrong.above, (limit) => value <= limit) ??
    bound(schema, 'maximum', wrong.max, (limit) => value > limit) ??
    bound(schema, 'exclusiveMaximum', wrong.below, (limit) => value >= limit) ??
    bound(schema, 'multipleOf', wrong.multiple, (step) => step > 0 && !isWhole(value / step))
  )
}

/** Whole but for what binary fractions cannot say exactly. */
const isWhole = (value: number) => Math.abs(value - Math.round(value)) <= 1e-9 * Math.max(1, Math.abs(value))

function textProblem(schema: Schema, value: string): string | null {
  const length = Array.from(value).length
  const size =
    bound(schema, 'minLength', wrong.short, (limit) => length < limit) ??
    bound(schema, 'maxLength', wrong.long, (limit) => length > limit)
  if (size !== null) return size
  if (schema.format === 'date' && !isDate(value)) return wrong.date
  return schema.format === 'time' && !/^([01]?\d|2[0-3]):[0-5]?\d:[0-5]?\d$/.test(value) ? wrong.time : null
}

function isDate(value: string): boolean {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(value) ? Date.parse(`${value}T00:00:00Z`) : NaN
  // 30 February parses as 2 March.
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(value)
}

function listProblem(schema: Schema, value: unknown[]): string | null {
  const size =
    bound(schema, 'minItems', wrong.few, (limit) => value.length < limit) ??
    bound(schema, 'maxItems', wrong.many, (limit) => value.length > limit)
  if (size !== null) return size
  if (schema.uniqueItems === true && value.some((one, i) => value.slice(0, i).some((other) => isEqual(one, other))))
    return wrong.twice
  const { items } = schema
  if (!isRecord(items)) return null
  for (const [i, one] of value.entries()) {
    const problem = check(items, one)
    if (problem !== null) return wrong.entry(i + 1, problem)
  }
  return null
}

function membersProblem(schema: Schema, value: Record<string, unknown>): string | null {
  const required = Array.isArray(schema.required)
    ? schema.required.filter((name): name is string => typeof name === 'string')
    : []
  const missing = required.find((name) => !Object.hasOwn(value, name))
  if (missing !== undefined) return wrong.required(missing)
  const properties = isRecord(schema.properties) ? schema.properties : {}
  for (const [name, member] of Object.entries(value)) {
    const inner = Object.hasOwn(properties, name) ? properties[name] : undefined
    const problem = isRecord(inner) ? check(inner, member) : null
    if (problem !== null) return wrong.member(name, problem)
  }
  return null
}
