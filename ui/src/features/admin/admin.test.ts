import { describe, expect, it } from 'vitest'
import type { ImportErrorRow } from '@/api/contract'
import { chosenOf, fixedFiles, headline, splitTraceback, stillRuns } from './import-errors'
import { connectionSpec, type Connection } from './resources/connection'
import { poolShares, poolSpec, poolUse, type Pool } from './resources/pool'
import { changedFields, isMasked } from './resources/spec'
import { variableSpec, type Variable } from './resources/variable'

const anError = (over: Partial<ImportErrorRow> = {}): ImportErrorRow => ({
  id: 1,
  file: 'a.py',
  bundle_name: 'main',
  seen: 0,
  kind: 'ImportError',
  message: 'no x',
  line: 1,
  code: [],
  traceback: '',
  dags: [],
  ...over,
})

describe('import errors', () => {
  it.each([
    [{ kind: 'ImportError', message: 'no x' }, 'ImportError: no x'],
    [{ kind: 'ImportError', message: 'ImportError: no x' }, 'ImportError: no x'],
    [{ kind: '', message: 'no x' }, 'no x'],
    [{ kind: 'Timeout', message: '' }, 'Timeout'],
  ])('%j reads %s', (error, words) => expect(headline(error)).toBe(words))

  it('says what still runs', () => {
    expect(stillRuns([])).toBe('No DAG came from this file before')
    expect(stillRuns([{ dag_id: 'a', version_number: 17 }])).toBe('1 DAG, version 17 still runs')
    expect(stillRuns([1, 2].map((n) => ({ dag_id: String(n), version_number: n })))).toContain('2 DAGs')
  })

  it('notices files that parse again, whatever their number', () => {
    const before = [
      anError({ id: 1 }),
      anError({ id: 2, file: 'b.py' }),
      anError({ id: 3, file: 'b.py', bundle_name: 'other' }),
    ]
    // A file that breaks in another way has a new id and is still broken.
    expect(fixedFiles(before, [anError({ id: 9 }), anError({ id: 3, file: 'b.py', bundle_name: 'other' })])).toEqual([
      'b.py',
    ])
    expect(fixedFiles(before, before)).toEqual([])
  })

  it('shows the error that the address names, else the first', () => {
    const errors = [anError({ id: 5 }), anError({ id: 7 })]
    expect(chosenOf(errors, '7')).toBe(1)
    expect(chosenOf(errors, '6')).toBe(0)
    expect(chosenOf([], null)).toBe(0)
  })

  it.each([
    [
      'Traceback:\n  File "a"\n    x\nImportError: y\n',
      { way: 'Traceback:\n  File "a"\n    x', end: 'ImportError: y' },
    ],
    ['T:\n  File "a"\nError: one\ntwo', { way: 'T:\n  File "a"', end: 'Error: one\ntwo' }],
    ['one line', { way: '', end: 'one line' }],
    ['', { way: '', end: '' }],
  ])('parts a traceback', (text, parts) => expect(splitTraceback(text)).toEqual(parts))
})

const aPool = (over: Partial<Pool> = {}): Pool => ({
  name: 'gpu',
  slots: 4,
  description: null,
  include_deferred: false,
  occupied_slots: 3,
  running_slots: 2,
  queued_slots: 1,
  scheduled_slots: 5,
  open_slots: 1,
  deferred_slots: 7,
  ...over,
})

describe('a pool', () => {
  it.each([
    ['4', undefined],
    ['-1', undefined],
    ['-2', 'At least 0, or -1 for no limit'],
    ['', 'Not a whole number'],
    ['1.5', 'Not a whole number'],
    ['1e3', 'Not a whole number'],
  ])('with %j slots', (slots, problem) =>
    expect(poolSpec.check({ ...poolSpec.toForm(aPool()), slots }).slots).toBe(problem),
  )

  it('sends only what changed', () => {
    const pool = aPool()
    const form = { ...poolSpec.toForm(pool), slots: '8' }
    const names = changedFields(poolSpec, form, pool)
    expect(poolSpec.change(form, pool, names)).toEqual({ body: { slots: 8 }, mask: ['slots'] })
  })

  it('says what a deletion takes along, and spares the default pool', () => {
    expect(poolSpec.goes(aPool())[1]).toBe('3 task instances hold slots in it now; they run on.')
    expect(poolSpec.goes(aPool({ occupied_slots: 0, slots: -1 }))).toHaveLength(2)
    expect(poolSpec.deletable(aPool({ name: 'default_pool' }))).toBe(false)
  })

  it('shows its use', () => {
    expect(poolShares(aPool()).map((share) => share.value)).toEqual([2, 1, 1])
    expect(poolShares(aPool({ include_deferred: true, open_slots: -6 })).map((share) => share.value)).toEqual([
      2, 1, 7, 0,
    ])
    expect(poolUse(aPool({ slots: -1 }))).toBe('3 slots in use, no limit')
  })
})

const aConnection = (over: Partial<Connection> = {}): Connection => ({
  connection_id: 'db',
  conn_type: 'postgres',
  description: null,
  host: 'h',
  login: null,
  schema: null,
  port: 5432,
  password: '***',
  extra: '{"a": "***"}',
  ...over,
})

describe('a connection', () => {
  it('keeps a hidden password unless a new one is typed', () => {
    const row = aConnection()
    const form = { ...connectionSpec.toForm(row), host: 'other' }
    expect(connectionSpec.change(form, row, changedFields(connectionSpec, form, row))).toEqual({
      body: { connection_id: 'db', conn_type: 'postgres', host: 'other' },
      mask: ['host'],
    })
    const replaced = { ...form, password: 'new' }
    expect(connectionSpec.change(replaced, row, changedFields(connectionSpec, replaced, row)).body).toMatchObject({
      password: 'new',
    })
  })

  it('takes a password away', () => {
    const row = aConnection()
    const form = { ...connectionSpec.toForm(row), password: '' }
    expect(connectionSpec.change(form, row, changedFields(connectionSpec, form, row)).body.password).toBeNull()
  })

  it.each([
    ['connection_id', 'a b', 'Letters, digits, underscores, dots and dashes'],
    ['connection_id', '', 'A value is needed'],
    ['connection_id', 'größe.x-1', undefined],
    ['port', '70000', 'Between 0 and 65535'],
    ['port', '', undefined],
    ['extra', '[1]', 'Not a JSON object'],
    ['extra', '{"a"', 'Not a JSON object'],
    ['extra', '', undefined],
  ])('%s %j', (name, value, problem) =>
    expect(connectionSpec.check({ ...connectionSpec.toForm(aConnection()), [name]: value })[name]).toBe(problem),
  )
})

describe('a variable', () => {
  const aVariable = (over: Partial<Variable> = {}): Variable => ({
    key: 'k',
    value: 'v',
    description: null,
    is_encrypted: true,
    ...over,
  })

  it.each([
    ['***', true],
    ['{"a": ["***"]}', true],
    ['not *** json', false],
    ['{"a": "b ***"}', false],
    ['plain', false],
  ])('%j is hidden: %s', (value, hidden) => expect(isMasked(value)).toBe(hidden))

  it('never sends a hidden value back', () => {
    const row = aVariable({ value: '***' })
    const form = { ...variableSpec.toForm(row), description: 'new' }
    expect(variableSpec.change(form, row, changedFields(variableSpec, form, row))).toEqual({
      body: { key: 'k', value: '', description: 'new' },
      mask: ['description'],
    })
  })
})
