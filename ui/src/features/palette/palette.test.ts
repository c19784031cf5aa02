import { describe, expect, it } from 'vitest'
import type { Hit, SearchResult } from '@/api/contract'
import { House, Plug, Radio } from 'lucide-react'
import { aDagHead, aRunBar, DRAWN_NOW, MINUTE } from '@/testing/builders'
import { hrefOf, isMatch, listOf, longestWord, piecesOf, readTyped, visitOf, withVisit, type Visit } from './model'
import { actionsOf, sectionsOf, type Known } from './sections'
import { remember, visited, visitsOf } from './visits'

describe('what is typed', () => {
  it.each([
    ['orders', { scope: null, q: 'orders' }],
    ['task: load raw', { scope: 'task', q: 'load raw' }],
    ['> theme', { scope: 'command', q: 'theme' }],
    ['nope:x', { scope: null, q: 'nope:x' }],
    ['  ', { scope: null, q: '' }],
  ])('%j', (typed, read) => expect(readTyped(typed)).toEqual(read))

  it('matches words in any order and marks them', () => {
    expect(isMatch('retail_orders_mart', 'mart RETAIL')).toBe(true)
    expect(isMatch('retail_orders_mart', 'mart x')).toBe(false)
    expect(longestWord('a Retail mart')).toBe('retail')
    expect(longestWord('')).toBe('')
    expect(piecesOf('retail_orders_mart', 'ORDERS')).toEqual([
      { text: 'retail_', hit: false },
      { text: 'orders', hit: true },
      { text: '_mart', hit: false },
    ])
    expect(piecesOf('aaa', 'aa').map((piece) => piece.text)).toEqual(['aa', 'a'])
    expect(
      piecesOf('<b>İ</b>', 'b')
        .map((piece) => piece.text)
        .join(''),
    ).toBe('<b>İ</b>')
  })

  it.each([
    ['tag: a b', '/dags?tag=a+b'],
    ['owner:crm', '/dags?owner=crm'],
    ['state:fai', '/runs?state=failed'],
    ['state:nope', undefined],
    ['tag:', undefined],
  ])('%j leads to a list', (typed, href) => expect(listOf(readTyped(typed))?.href).toBe(href))
})

describe('visited places', () => {
  it.each([
    ['/dags/a%2Fb/grid', { kind: 'dag', dagId: 'a/b', id: 'a/b', href: '/dags/a%2Fb/grid' }],
    ['/dags/a/runs', { kind: 'dag', dagId: 'a', id: 'a', href: '/dags/a/grid' }],
    ['/dags/a/runs/r%2B1/timeline', { kind: 'run', dagId: 'a', id: 'r+1', href: '/dags/a/runs/r%2B1/timeline' }],
    ['/dags/a/runs/r/tasks/t', { kind: 'task', dagId: 'a', id: 't', href: '/dags/a/runs/r/tasks/t' }],
    ['/dags', null],
    ['/pools', null],
    ['/dags/%', { kind: 'dag', dagId: '%', id: '%', href: '/dags/%25/grid' }],
  ])('%s', (path, visit) => expect(visitOf(path)).toEqual(visit))

  it('are kept once each, newest first, at most 50', () => {
    const visit = (n: number): Visit => ({
      kind: 'dag',
      dagId: String(n),
      id: String(n),
      href: `/dags/${String(n)}/grid`,
    })
    const many = Array.from({ length: 60 }, (_, i) => visit(i)).reduce<Visit[]>(withVisit, [])
    expect(many).toHaveLength(50)
    expect(withVisit(many, visit(30))[0]).toEqual(visit(30))
    expect(withVisit(many, visit(30))).toHaveLength(50)
  })

  it('belong to who made them', () => {
    const visit = visitOf('/dags/a/grid')
    if (visit) remember('mara', visit)
    expect(visitsOf(visited.get(), 'mara')).toHaveLength(1)
    expect(visitsOf(visited.get(), 'ivo')).toEqual([])
    if (visit) remember('ivo', visit)
    expect(visitsOf(visited.get(), 'mara')).toEqual([])
  })
})

const aHit = (over: Partial<Hit> = {}): Hit => ({
  kind: 'dag',
  dag_id: 'orders',
  id: 'orders',
  text: 'orders',
  state: 'success',
  ...over,
})
const aFinding = (over: Partial<SearchResult> = {}): SearchResult => ({
  hits: [],
  connections: [],
  variables: [],
  ...over,
})
const known = (over: Partial<Known> & { text?: string } = {}): Known => ({
  typed: readTyped(over.text ?? ''),
  visits: [],
  found: aFinding(),
  pages: [{ key: 'home', label: 'Home', icon: House, href: '/' }],
  commands: [{ key: 'live', label: 'Follow changes', icon: Radio, run: () => undefined }],
  head: undefined,
  dagCount: 412,
  now: DRAWN_NOW,
  doing: { trigger: () => undefined, pause: () => undefined, mayAct: true },
  ...over,
})
const titles = (over: Parameters<typeof known>[0]) =>
  sectionsOf(known(over)).map((section) => `${section.title}: ${section.items.map((item) => item.text).join(', ')}`)

describe('sections', () => {
  const visit: Visit = { kind: 'dag', dagId: 'orders_old', id: 'orders_old', href: '/dags/orders_old/grid' }

  it('begin with visited places and pages', () =>
    expect(titles({ visits: [visit] })).toEqual(['Visited: orders_old', 'Go to: Home', 'Commands: Follow changes']))

  it('have what the browser knows before what the server finds, each once', () => {
    const hits = [aHit(), aHit({ dag_id: 'orders_old', id: 'orders_old', text: 'orders_old' })]
    expect(titles({ text: 'ord', visits: [visit], found: aFinding({ hits }) })[0]).toBe('DAGs: orders_old, orders')
  })

  it('drop hits of an older text', () =>
    expect(titles({ text: 'zzz', found: aFinding({ hits: [aHit()] }) })).toEqual([]))

  it('act on the first DAG, as far as is allowed and known', () => {
    const running = aRunBar({ state: 'running', start: DRAWN_NOW - 27.3 * MINUTE, end: null })
    const head = aDagHead({ dag_id: 'orders', last_runs: [running] })
    const [first, doing] = sectionsOf(known({ text: 'ord', found: aFinding({ hits: [aHit()] }), head }))
    expect(first?.items[0]?.note).toBe('running 27m 18s · Every hour')
    expect(doing?.items.map((item) => item.key)).toEqual(['trigger', 'pause', 'graph', 'runs'])
    expect(actionsOf(aHit(), undefined, { ...known().doing, mayAct: false }).map((item) => item.key)).toEqual([
      'graph',
      'runs',
      'code',
      'grid',
    ])
  })

  it('have connections and variables of their own, where the server found some', () => {
    const connections = [
      { id: 'orders_db', conn_type: 'postgres', description: null },
      { id: 'lake', conn_type: 'aws', description: 'Landing of orders' },
      { id: 'stale', conn_type: 'http', description: null },
    ]
    const found = aFinding({ hits: [aHit()], connections, variables: ['orders/shards', 'stale'] })
    const sections = sectionsOf(known({ text: 'ORDERS', typed: readTyped('ORDERS'), found }))
    expect(sections.map((section) => section.title)).toEqual(['DAGs', 'Do with orders', 'Connections', 'Variables'])
    expect(sections[2]?.items).toMatchObject([
      { text: 'orders_db', note: 'postgres', href: '/connections?name=orders_db', icon: Plug },
      { text: 'lake', says: 'Landing of orders', note: 'aws', href: '/connections?name=lake', icon: Plug },
    ])
    expect(sections[3]?.items).toMatchObject([{ text: 'orders/shards', href: '/variables?name=orders%2Fshards' }])
    expect(titles({ text: 'dag:orders', found: aFinding({ connections }) })).toEqual([])
  })

  it('narrow', () => {
    const hits = [aHit(), aHit({ kind: 'task', id: 'orders.load', text: 'orders.load', state: null })]
    expect(titles({ text: 'task:load', found: aFinding({ hits }) })).toEqual(['Tasks: orders.load'])
    expect(titles({ text: '>fol' })).toEqual(['Commands: Follow changes'])
    expect(titles({ text: 'tag:x' })).toEqual(['Lists: DAGs tagged x'])
  })
})

it.each([
  [aHit(), '/dags/orders/grid'],
  [aHit({ kind: 'task', id: 'a.b' }), '/dags/orders/grid?task=a.b'],
  [aHit({ kind: 'run', id: 'r+1' }), '/dags/orders/runs/r%2B1/timeline'],
])('a hit leads to its place', (hit, href) => expect(hrefOf(hit)).toBe(href))
