import { describe, expect, it } from 'vitest'
import { RETAIL_PARAMS } from '@/testing/fake/trigger'
import { check } from './check'
import { fieldOf, type Schema } from './schema'

const field = (schema: Schema, value: unknown = null) => fieldOf({ name: 'p', value, schema, description: null })

describe('a field', () => {
  it.each([
    [{ type: 'string', enum: ['a', 'b'] }, 'choice', 'string, one of 2'],
    [{ enum: [1, 2, null] }, 'choice', 'number, one of 2, optional'],
    [{ type: 'integer', minimum: 1, maximum: 168 }, 'integer', 'integer, 1 to 168'],
    [{ type: 'integer', minimum: 1_000 }, 'integer', 'integer, at least 1,000'],
    [{ type: 'number', exclusiveMinimum: 0, maximum: 1 }, 'number', 'number, above 0, at most 1'],
    [{ type: 'boolean' }, 'switch', 'boolean'],
    [{ type: ['null', 'string'], format: 'date-time' }, 'date-time', 'date-time, optional'],
    [{ type: 'string', format: 'date' }, 'date', 'date'],
    [{ type: 'string', format: 'time' }, 'time', 'time'],
    [{ type: 'string', format: 'multiline' }, 'multiline', 'string, several lines'],
    [{ type: 'string', minLength: 2, maxLength: 8 }, 'text', 'string, 2 to 8 characters'],
    [{ type: 'array', items: { type: 'string' }, minItems: 1 }, 'chips', 'array of string, at least 1'],
    [{ type: 'array', examples: ['a'] }, 'chips', 'array'],
    [{ type: 'array', items: { type: 'integer' } }, 'json', 'array of integer'],
    [{ type: 'array', items: { type: 'object', properties: { a: { type: 'string' } } } }, 'rows', 'array of object'],
    [{ type: 'array', items: { type: 'object', properties: { a: { type: 'object' } } } }, 'json', 'array of object'],
    [{ type: 'object' }, 'json', 'object'],
    [{ type: ['string', 'integer'] }, 'json', 'string or integer'],
    [{ anyOf: [{ type: 'string' }, { type: 'null' }] }, 'text', 'string, optional'],
    [{ anyOf: [{ type: 'string', minLength: 1 }, { type: 'null' }] }, 'json', 'any JSON'],
    [{ const: 7 }, 'fixed', 'any JSON, fixed'],
    [{}, 'json', 'any JSON'],
  ] as [Schema, string, string][])('of %j is %s', (schema, kind, says) => {
    expect(field(schema).kind).toBe(kind)
    expect(field(schema).says).toBe(says)
  })

  it.each([
    ['x', 'text'],
    [3, 'integer'],
    [3.5, 'number'],
    [true, 'switch'],
    [{ a: 1 }, 'json'],
  ])('without a schema is what its default %j is', (value, kind) => expect(field({}, value).kind).toBe(kind))

  it('honours title, section, description and labels of values', () => {
    const shown = field({
      type: 'string',
      enum: ['XS', 'S'],
      values_display: { XS: 'Extra small' },
      title: 'Size',
      section: 'Resources',
      description: 'how big',
    })
    expect(shown).toMatchObject({ title: 'Size', section: 'Resources', description: 'how big' })
    expect(shown.choices.map((choice) => choice.label)).toEqual(['Extra small', 'S'])
  })

  it('takes nothing but texts from a hostile schema', () => {
    const shown = field({ type: 7, title: { evil: 1 }, enum: 'x', items: [], examples: 'x', format: [] })
    expect(shown).toMatchObject({ title: 'p', kind: 'json', choices: [], suggestions: [] })
  })

  it('exists for every kind that the fake DAG shows', () =>
    expect(new Set(RETAIL_PARAMS.map((param) => fieldOf(param).kind)).size).toBe(11))
})

describe('the check', () => {
  it.each([
    [{ type: 'integer' }, 2.5, 'Not a whole number'],
    [{ type: 'integer' }, null, 'A value is needed'],
    [{ type: ['null', 'integer'] }, null, null],
    [{ type: 'number' }, 'x', 'Not a number'],
    [{ type: 'string' }, 3, 'Not of type string'],
    [{ minimum: 1, maximum: 168 }, 240, 'At most 168'],
    [{ minimum: 1 }, 0, 'At least 1'],
    [{ exclusiveMinimum: 0 }, 0, 'More than 0'],
    [{ exclusiveMaximum: 3 }, 3, 'Less than 3'],
    [{ multipleOf: 0.1 }, 0.3, null],
    [{ multipleOf: 0.1 }, 0.35, 'Not a multiple of 0.1'],
    [{ minLength: 2 }, 'ä', 'At least 2 characters'],
    [{ maxLength: 1 }, '🙂', null],
    [{ format: 'date' }, '2026-02-30', 'Not a date such as 2026-11-19'],
    [{ format: 'date' }, '2026-02-28', null],
    [{ format: 'time' }, '1:02:03', null],
    [{ format: 'time' }, '24:00:00', 'Not a time such as 09:42:18'],
    [{ enum: ['a', 1] }, 'b', 'None of a, 1'],
    [{ const: 'a' }, 'b', 'Not "a"'],
    [{ minItems: 1 }, [], 'At least 1 entries'],
    [{ uniqueItems: true }, [{ a: 1 }, { a: 1 }], 'An entry stands twice'],
    [{ items: { type: 'integer' } }, [1, 'x'], 'Entry 2: Not a whole number'],
    [{ required: ['a'] }, {}, '"a" is missing'],
    [{ properties: { a: { type: 'string' } } }, { a: 1 }, 'a: Not of type string'],
    [{ pattern: '(a+)+$' }, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab', null],
    [{ type: 'unheard-of' }, 1, null],
    [{}, undefined, null],
  ] as [Schema, unknown, string | null][])('of %j with %j', (schema, value, problem) =>
    expect(check(schema, value)).toBe(problem),
  )
})
