import { beforeEach, describe, expect, it } from 'vitest'
import { RETAIL_PARAMS } from '@/testing/fake/trigger'
import { fromField, instantIn, isoText, manualRunId, readInstant, toField, toWords } from './dates'
import { keepDraft, readDraft } from './draft'
import { readNumber } from './fields/control'
import {
  changedNames,
  confLines,
  confOf,
  confWords,
  editJson,
  EMPTY_FORM,
  extraNames,
  jsonProblem,
  problemsOf,
  setBroken,
  setConf,
  setValue,
  showJson,
  valueOf,
} from './form'
import { inline, isEqual } from './json'
import { fieldOf, type Field } from './schema'
import { terminalCommand } from './terminal'

const fields = RETAIL_PARAMS.map(fieldOf)
const named = (name: string): Field => {
  const found = fields.find((field) => field.name === name)
  if (!found) throw new Error(`no field ${name}`)
  return found
}
const needed = fieldOf({ name: 'who', value: null, schema: { type: 'string' }, description: null })

describe('one value under form and JSON', () => {
  it('knows only what differs from the defaults', () => {
    const changed = setValue(EMPTY_FORM, named('region'), 'apac')
    expect(changed.set).toEqual({ region: 'apac' })
    expect(setValue(changed, named('region'), 'all').set).toEqual({})
    expect(
      setValue(EMPTY_FORM, named('thresholds'), { row_drop: 0.2, notify: ['#retail-data'], null_share: 0.03 }).set,
    ).toEqual({})
  })

  it('reads JSON as it is typed and keeps the last good value', () => {
    const shown = showJson(setValue(EMPTY_FORM, named('region'), 'apac'), fields)
    const typed = editJson(shown, fields, '{"region": "eu-west", "extra": [1]}')
    expect(typed.set).toEqual({ region: 'eu-west', extra: [1] })
    expect(extraNames(fields, typed.set)).toEqual(['extra'])
    const half = editJson(typed, fields, '{"region": ')
    expect(half.set).toEqual(typed.set)
    expect(jsonProblem(half.json)).toContain('Not JSON')
    expect(jsonProblem('[1]')).toBe('Not a JSON object')
    expect(jsonProblem(null)).toBeNull()
  })

  it('sends every value there is, and leaves out a parameter that has none', () => {
    expect(confOf([needed, named('region')], {})).toEqual({ region: 'all' })
    expect(valueOf(needed, {})).toBeUndefined()
    expect(confOf([named('cutoff')], {})).toEqual({ cutoff: null })
    expect(confOf([needed], { who: 'me', free: 1 })).toEqual({ who: 'me', free: 1 })
  })

  it('marks the lines that changed', () => {
    const set = { region: 'apac', extra: 1 }
    expect([...changedNames(fields, set)]).toEqual(['region', 'extra'])
    const lines = confLines([named('region'), named('sources')], set)
    expect(lines).toEqual([
      { text: '"region": "apac",', changed: true },
      { text: '"sources": ["shopify"],', changed: false },
      { text: '"extra": 1', changed: true },
    ])
  })

  it('takes over a recent configuration and tells it in words', () => {
    const conf = { region: 'eu-west', lookback_hours: 24, sources: ['a'], full_refresh: true }
    expect(setConf(EMPTY_FORM, fields, conf).set).toEqual({ region: 'eu-west', sources: ['a'], full_refresh: true })
    expect(confWords(fields, conf)).toBe('eu-west, ["a"], full_refresh true')
    expect(confWords(fields, null)).toBe('')
  })
})

describe('what is wrong', () => {
  it('is said of what was touched, and of everything once it was tried', () => {
    expect(problemsOf([needed], EMPTY_FORM)).toEqual({})
    expect(problemsOf([needed], { ...EMPTY_FORM, tried: true })).toEqual({ who: 'A value is needed' })
    expect(problemsOf(fields, setValue(EMPTY_FORM, named('lookback_hours'), 240))).toEqual({
      lookback_hours: 'At most 168',
    })
  })

  it('stays until the field changes', () => {
    const broken = setBroken(EMPTY_FORM, named('lookback_hours'), '2x')
    expect(problemsOf(fields, broken)).toEqual({ lookback_hours: 'Not a whole number' })
    expect(problemsOf(fields, setBroken(broken, named('lookback_hours'), ' '))).toEqual({
      lookback_hours: 'A value is needed',
    })
    expect(problemsOf(fields, setValue(broken, named('lookback_hours'), 3))).toEqual({})
    const refused = { ...EMPTY_FORM, refused: { note: 'not today' } }
    expect(problemsOf(fields, refused)).toEqual({ note: 'not today' })
    expect(problemsOf(fields, setValue(refused, named('note'), 'x'))).toEqual({})
  })
})

describe('a draft', () => {
  beforeEach(() => sessionStorage.clear())

  it('comes back to who wrote it and goes when it is empty', () => {
    const state = { ...setValue(EMPTY_FORM, named('region'), 'apac'), runId: 'mine', tried: true }
    keepDraft('mara', 'orders', state)
    expect(readDraft('mara', 'orders')).toMatchObject({ set: { region: 'apac' }, runId: 'mine', tried: false })
    expect(readDraft('ivo', 'orders')).toEqual(EMPTY_FORM)
    keepDraft('mara', 'orders', EMPTY_FORM)
    expect(sessionStorage).toHaveLength(0)
  })

  it.each(['', 'x', '[]', '{"set": 1}', '{"set": {}, "runId": "", "dateText": "", "date": "now", "dateMode": "now"}'])(
    'that reads %j is none',
    (text) => {
      sessionStorage.setItem('tradewind.trigger.mara.orders', text)
      expect(readDraft('mara', 'orders')).toEqual(EMPTY_FORM)
    },
  )
})

describe('dates', () => {
  const at = Date.UTC(2026, 10, 19, 9, 42, 18)
  it('go into fields and come back', () => {
    expect(toField(at, 'utc')).toBe('2026-11-19T09:42:18')
    expect(toWords(at, 'utc')).toBe('2026-11-19 09:42:18')
    for (const zone of ['utc', 'local'] as const) expect(fromField(toField(at, zone), zone)).toBe(at)
    expect(isoText(at)).toBe('2026-11-19T09:42:18+00:00')
    expect(isoText(at + 5)).toBe('2026-11-19T09:42:18.005+00:00')
    expect(manualRunId(at)).toBe('manual__2026-11-19T09:42:18+00:00')
  })

  it.each([
    ['2026-11-19', Date.UTC(2026, 10, 19)],
    [' 2026-11-19 09:42 ', Date.UTC(2026, 10, 19, 9, 42)],
    ['2026-02-30', null],
    ['19.11.2026', null],
    ['', null],
  ])('typed as %j', (text, read) => expect(fromField(text, 'utc')).toBe(read))

  it.each([
    ['2026-11-19T09:42:18+00:00', at],
    ['2026-11-19T10:42:18+01:00', at],
    ['2026-11-19 09:42:18', at],
    ['2026-11-19', Date.UTC(2026, 10, 19)],
    ['{{ ds }}', null],
    ['', null],
  ])('stored as %j', (text, read) => expect(readInstant(text)).toBe(read))

  it.each([
    ['manual__2026-11-19T09:42:18+00:00', at],
    ['mine', null],
  ])('in the run id %s', (runId, read) => expect(instantIn(runId)).toBe(read))
})

it.each([
  ['24', 24],
  [' -1.5e3 ', -1_500],
  ['1.', 1],
  ['.5', 0.5],
  ['0x10', undefined],
  ['1e999', undefined],
  ['', undefined],
  ['1,5', undefined],
])('%j is the number %s', (text, value) => expect(readNumber(text)?.value).toBe(value))

it('writes JSON on one line and compares it whatever the order', () => {
  expect(inline({ a: [1, 'x'], b: {}, c: null })).toBe('{ "a": [1, "x"], "b": {}, "c": null }')
  expect(isEqual({ a: 1, b: [1] }, { b: [1], a: 1 })).toBe(true)
  expect(isEqual([1, 2], [2, 1])).toBe(false)
  expect(isEqual({}, [])).toBe(false)
  expect(isEqual({ a: undefined }, { b: undefined })).toBe(false)
})

it('says the same in a terminal', () => {
  const state = { set: { region: "a'b" }, dateMode: 'none' as const, date: null, runId: 'my run' }
  expect(terminalCommand('orders', state, true).split(' \\\n  ')).toEqual([
    'tradewind dags trigger',
    'orders',
    `--conf '{"region":"a'\\''b"}'`,
    "--run-id 'my run'",
    '--logical-date none',
    '--unpause',
  ])
})
