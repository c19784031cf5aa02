import type { TriggerForm } from '@/api/contract'
import { count } from '@/lib/durations'
import { strings } from '@/lib/strings'
import { isRecord } from './json'

const text = strings.trigger

export type Schema = Record<string, unknown>
export type Kind =
  | 'choice'
  | 'integer'
  | 'number'
  | 'switch'
  | 'chips'
  | 'rows'
  | 'date'
  | 'time'
  | 'date-time'
  | 'json'
  | 'multiline'
  | 'text'
  | 'fixed'

export interface Choice {
  value: unknown
  label: string
}
export interface Column {
  name: string
  kind: 'text' | 'integer' | 'number' | 'switch' | 'choice'
  choices: Choice[]
}

/** What the form shows of a parameter. */
export interface Field {
  name: string
  title: string
  kind: Kind
  nullable: boolean
  section: string | null
  description: string | null
  /** Its schema in a few words: `integer, 1 to 168`. */
  says: string
  choices: Choice[]
  suggestions: string[]
  columns: Column[]
  schema: Schema
  initial: unknown
}

export function fieldOf(param: TriggerForm['params'][number]): Field {
  const { name, value, schema } = param
  const types = typesOf(schema, value)
  const nullable = types.includes('null') || (Array.isArray(schema.enum) && schema.enum.includes(null))
  const plain = types.filter((type) => type !== 'null')
  const choices = choicesOf(schema)
  const columns = columnsOf(schema.items)
  const kind = kindOf(schema, plain, choices, columns)
  return {
    name,
    title: textOf(schema.title) ?? name,
    kind,
    nullable,
    section: textOf(schema.section),
    description: param.description ?? textOf(schema.description),
    says: saysOf(schema, plain, kind, choices, nullable),
    choices,
    suggestions: suggestionsOf(schema),
    columns,
    schema,
    initial: value,
  }
}

/** The types that a value may have; without a word about it, that of the default. */
export function typesOf(schema: Schema, value: unknown): string[] {
  const { type } = schema
  if (typeof type === 'string') return [type]
  if (Array.isArray(type)) return type.filter((one): one is string => typeof one === 'string')
  const either = schema.anyOf ?? schema.oneOf
  if (
    Array.isArray(either) &&
    either.every((one) => isRecord(one) && typeof one.type === 'string' && Object.keys(one).length === 1)
  )
    return either.map((one) => (one as { type: string }).type)
  if (either !== undefined || value === null || value === undefined) return []
  if (Array.isArray(value)) return ['array']
  return [typeof value === 'number' && Number.isInteger(value) ? 'integer' : typeof value]
}

function kindOf(schema: Schema, plain: string[], choices: Choice[], columns: Column[]): Kind {
  if ('const' in schema) return 'fixed'
  if (choices.length > 0) return 'choice'
  const [only, ...more] = plain
  if (more.length > 0) return 'json'
  switch (only) {
    case 'boolean':
      return 'switch'
    case 'integer':
    case 'number':
      return only
    case 'string':
      return textKind(schema.format)
    case 'array': {
      const items = isRecord(schema.items) ? schema.items : null
      if (columns.length > 0) return 'rows'
      return items?.type === 'string' || (items === null && Array.isArray(schema.examples)) ? 'chips' : 'json'
    }
    default:
      return 'json'
  }
}

function textKind(format: unknown): Kind {
  return format === 'date' || format === 'time' || format === 'date-time' || format === 'multiline' ? format : 'text'
}

function choicesOf(schema: Schema): Choice[] {
  if (!Array.isArray(schema.enum)) return []
  const labels = isRecord(schema.values_display) ? schema.values_display : {}
  // "Not set" is offered by the control itself.
  return schema.enum
    .filter((value) => value !== null)
    .map((value: unknown) => {
      const word = typeof value === 'string' ? value : JSON.stringify(value)
      return { value, label: textOf(labels[word]) ?? word }
    })
}

function columnsOf(items: unknown): Column[] {
  if (!isRecord(items) || !isRecord(items.properties)) return []
  const columns = Object.entries(items.properties).map(([name, schema]): Column | null => {
    if (!isRecord(schema)) return null
    const choices = choicesOf(schema)
    if (choices.length > 0) return { name, kind: 'choice', choices }
    switch (schema.type) {
      case 'string':
        return { name, kind: 'text', choices }
      case 'integer':
      case 'number':
        return { name, kind: schema.type, choices }
      case 'boolean':
        return { name, kind: 'switch', choices }
      default:
        return null
    }
  })
  // A member that has no plain control would be lost from sight: then the whole is edited as JSON.
  return columns.every((column) => column !== null) ? columns : []
}

function suggestionsOf(schema: Schema): string[] {
  const items: unknown[] = isRecord(schema.items) && Array.isArray(schema.items.enum) ? schema.items.enum : []
  const examples: unknown[] = Array.isArray(schema.examples) ? schema.examples : []
  return [...new Set([...items, ...examples].map((one) => (typeof one === 'string' ? one : JSON.stringify(one))))]
}

function saysOf(schema: Schema, plain: string[], kind: Kind, choices: Choice[], nullable: boolean): string {
  const { says } = text
  const type = plain.join(' or ') || says.any
  const words = [
    kind === 'choice'
      ? says.oneOf(plain.join(' or ') || typeof choices[0]?.value, choices.length)
      : typeWords(schema, type, kind),
  ]
  if (kind === 'multiline') words.push(says.lines)
  if (kind === 'fixed') words.push(says.fixed)
  const range = rangeWords(schema)
  if (range !== null && kind !== 'choice') words.push(range)
  if (nullable) words.push(says.optional)
  return words.join(', ')
}

function typeWords(schema: Schema, type: string, kind: Kind): string {
  if (kind === 'date' || kind === 'time' || kind === 'date-time') return kind
  if (type !== 'array' || !isRecord(schema.items) || typeof schema.items.type !== 'string') return type
  return text.says.arrayOf(schema.items.type)
}

function rangeWords(schema: Schema): string | null {
  const { says } = text
  const number = (name: string) => (typeof schema[name] === 'number' ? count(schema[name]) : null)
  const [min, max] = [number('minimum') ?? number('minItems'), number('maximum') ?? number('maxItems')]
  const [above, below] = [number('exclusiveMinimum'), number('exclusiveMaximum')]
  if (min !== null && max !== null) return says.range(min, max)
  const bounds = [
    min !== null ? says.atLeast(min) : above !== null ? says.above(above) : null,
    max !== null ? says.atMost(max) : below !== null ? says.below(below) : null,
  ]
  const [short, long] = [number('minLength'), number('maxLength')]
  if (short !== null || long !== null) {
    bounds.push(
      says.characters(
        short !== null && long !== null
          ? says.range(short, long)
          : short !== null
            ? says.atLeast(short)
            : says.atMost(long ?? ''),
      ),
    )
  }
  const said = bounds.filter((bound) => bound !== null)
  return said.length === 0 ? null : said.join(', ')
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
