import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Blocker, Change, Explanation } from '@/api/contract'
import { aBlocker, aHolder, DRAWN_NOW, MINUTE } from '@/testing/builders'
import { answer, resetFake } from '@/testing/fake/server'
import { button, byLabel, find, showApp, type Shown } from '@/testing/show'
import { touches } from './api/explain'
import { holderFacts, holderLine, isLimit, placeLink, sentenceOf, sharesOf, shareWords, titleOf } from './why-model'

const asked = { dagId: 'orders', runId: 'r1', taskId: 'late' }

const aFullPool = (over: Partial<Blocker> = {}) =>
  aBlocker({
    kind: 'pool_full',
    message: 'pool p is full: 4 of 4 slots are taken',
    usage: { used: 4, own: 1, limit: 4 },
    place: { type: 'pool', name: 'p' },
    holders: [aHolder(), aHolder({ dag_id: 'ads', slots: 2 }), aHolder({ dag_id: 'crm' })],
    ...over,
  })

const shares = (blocker: Blocker) => (isLimit(blocker) ? sharesOf(blocker, asked).map(({ amount }) => amount) : null)
function words(blocker: Blocker): string | null {
  const said = sentenceOf(blocker, asked)
  return said && `${said.text}|${said.shares.map(shareWords).join(', ')}|${said.after}`
}

describe('a limit', () => {
  it('is shared by the run, the DAG that uses most of the rest, others and nobody', () => {
    expect(shares(aFullPool())).toEqual([1, 2, 1, 0])
    expect(words(aFullPool({ ahead: 2 }))).toBe('4 of 4 slots|1 this run, 2 ads, 1 others|2 tasks go first')
    expect(words(aFullPool({ ahead: 1 }))).toMatch(/\|One task goes first$/)
    expect(words(aFullPool({ ahead: 1_000 }))).toMatch(/\|1,000 tasks or more go first$/)
    expect(words(aFullPool({ ahead: 0 }))).toMatch(/\|$/)
  })

  it('names no DAG while some holders are not listed', () => {
    expect(shares(aFullPool({ holders_total: 9 }))).toEqual([1, 0, 3, 0])
  })

  it('may have room that is too small, and be used beyond itself', () => {
    expect(shares(aFullPool({ usage: { used: 4, own: 1, limit: 6 } }))).toEqual([1, 2, 1, 2])
    expect(shares(aFullPool({ usage: { used: 4, own: 1, limit: 2 } }))).toEqual([1, 2, 1, 0])
  })

  it('counts another run of the same DAG as others', () => {
    const other = aFullPool({
      usage: { used: 2, own: 1, limit: 2 },
      holders: [aHolder(), aHolder({ run_id: 'r0' })],
    })
    expect(words(other)).toBe('2 of 2 slots|1 this run, 1 orders|')
  })
})

it('says what is the matter, and no more when the title says it all', () => {
  expect(titleOf(aFullPool())).toBe('Pool p is full')
  expect(words(aBlocker({ kind: 'run_queued' }))).toBeNull()
  expect(words(aBlocker({ kind: 'upstream', message: 'trigger rule all_done waits for a' }))).toBe(
    'Trigger rule all_done waits for a||',
  )
  // All of it is the run's own: the bar says that.
  const own = aBlocker({ kind: 'max_active_tasks', message: '2 of 2 x', usage: { used: 2, own: 2, limit: 2 } })
  expect(words(own)).toBe('2 of 2 x||')
})

describe('a holder', () => {
  const line = (holder: Parameters<typeof holderLine>[0]) => {
    const { name, href, ...rest } = holderLine(holder, asked)
    return { name, href, facts: holderFacts({ name, href, ...rest }, 'State', DRAWN_NOW) }
  }
  it('of the run itself says so, one of another run names its DAG', () => {
    expect(line(aHolder({ map_index: 4 }))).toEqual({
      name: 'load[4], this run',
      href: '/dags/orders/runs/r1/tasks/load?map=4',
      facts: '1m 00s',
    })
    expect(line(aHolder({ run_id: 'r0', slots: 3 }))).toMatchObject({ name: 'orders · load', facts: '3 slots, 1m 00s' })
    expect(line(aHolder({ state: 'queued', start: null })).facts).toBe('state 2m 00s')
  })

  it('can be a run', () => {
    const run = { type: 'run', dag_id: 'orders', run_id: 'r0', start: DRAWN_NOW - MINUTE } as const
    expect(line(run)).toEqual({ name: 'r0', href: '/dags/orders/runs/r0/timeline', facts: '1m 00s' })
  })

  it('before it is as far as it is', () => {
    const upstream = { type: 'upstream', task_id: 'a.b', done: 12, total: 96 } as const
    const href = '/dags/orders/runs/r1/tasks/a.b'
    expect(line({ ...upstream, state: null, active: 8 })).toEqual({ name: 'a.b', href, facts: '12 of 96, 8 active' })
    expect(line({ ...upstream, state: null, active: 0 }).facts).toBe('12 of 96')
    expect(line({ ...upstream, state: 'scheduled', active: null, total: 1 }).facts).toBe('state')
  })
})

it('leads to the pool, the DAG, a run or another task', () => {
  const href = (place: Blocker['place']) => placeLink(place, asked)?.href
  expect(href({ type: 'pool', name: 'big one' })).toBe('/pools?name=big+one')
  expect(href({ type: 'dag', dag_id: 'orders' })).toBe('/dags/orders/grid')
  expect(href({ type: 'run', dag_id: 'orders', run_id: 'r0' })).toBe('/dags/orders/runs/r0/timeline')
  expect(href({ type: 'run', dag_id: 'orders', run_id: 'r1' })).toBe('/dags/orders/runs/r1/tasks')
  expect(href({ type: 'task', dag_id: 'orders', run_id: 'r0', task_id: 'late' })).toBe(
    '/dags/orders/runs/r0/tasks/late',
  )
  expect(href({ type: 'task', dag_id: 'orders', run_id: 'r1', task_id: 'late' })).toBeUndefined()
})

it('is asked again when a holder, its DAG or a pool changes', () => {
  const data: Explanation = { version: 1, blockers: [aFullPool()], met: [] }
  const change = (over: Partial<Change>): Change => ({
    version: 2,
    runs: [],
    task_runs: [],
    dags: [],
    import_errors: false,
    pools: false,
    many: false,
    ...over,
  })
  const touched = (over: Partial<Change>) => touches(change(over), 'orders', data)
  expect(touched({ task_runs: [{ dag_id: 'ads', run_id: 'r1' }] })).toBe(true)
  expect(touched({ runs: [{ dag_id: 'crm', run_id: 'r1', state: 'failed' }] })).toBe(true)
  expect(touched({ task_runs: [{ dag_id: 'ads', run_id: 'r2' }] })).toBe(false)
  expect(touched({ pools: true })).toBe(true)
  expect(touched({ dags: ['orders'] })).toBe(true)
  expect(touched({ dags: ['ads'] })).toBe(false)
})

describe('the panel', { timeout: 20_000 }, () => {
  let app: Shown
  afterEach(async () => {
    await app.stop()
    vi.unstubAllGlobals()
  })
  const open = async (task: string) => {
    resetFake(DRAWN_NOW)
    const grid = answer('GET', '/ui/dags/retail_orders_mart/grid', undefined).body as { runs: { run_id: string }[] }
    const run = encodeURIComponent(grid.runs.at(-1)?.run_id ?? '')
    app = await showApp(`/dags/retail_orders_mart/runs/${run}/timeline?panel=open&task=${task}`)
    await app.until(() => find('.why'))
  }
  const holders = () => [...byLabel('Held by').querySelectorAll('a')].map((one) => one.textContent)

  it('draws who holds a full pool, and where to go', async () => {
    await open('transform.fct_orders')
    const first = find('.why-list > li')
    expect(first.textContent).toContain('Pool warehouse is full')
    expect(first.textContent).toContain('2 this run, 8 ads_attribution_daily, 6 others. 2 tasks go first')
    const bar = find('.why-slots')
    expect(bar.getAttribute('aria-label')).toBe('2 this run, 8 ads_attribution_daily, 6 others')
    expect([...bar.children].map((one) => one.className).join(' ')).toBe(
      ['own', 'own', ...Array<string>(8).fill('dag'), ...Array<string>(6).fill('rest')].join(' '),
    )
    expect(holders()).toHaveLength(5)
    expect(holders()[0]).toBe('transform.dim_product, this run')
    await app.click(button('11 more'))
    expect(holders()).toHaveLength(16)
    expect(document.activeElement).toBe(button('Fewer'))
    expect(find('.why-go').getAttribute('href')).toBe('/pools?name=warehouse')
    // Many slots are parts in proportion.
    const whole = find('.why-slots.whole')
    expect([...whole.children].map((one) => (one as HTMLElement).style.flexGrow)).toEqual(['14', '50'])
    expect(document.body.textContent).toContain('and 62 more that are not listed')
  })

  it('folds what is met', async () => {
    await open('transform.fct_orders')
    const folded = find('.why-met')
    expect(folded).toHaveProperty('open', false)
    expect(folded.querySelector('summary')?.textContent).toContain('5 conditions metthe run is active, upstream 2 of 2')
    expect(folded.querySelectorAll('li')).toHaveLength(5)
  })

  it('shows how far the tasks before it are', async () => {
    await open('transform.fct_refunds')
    const before = [...byLabel('Has to finish').querySelectorAll('li')].map((one) => one.textContent)
    expect(before).toEqual(['stage.load_raw12 of 96, 8 active', 'transform.fct_ordersscheduled'])
  })

  it('says when nothing holds it', async () => {
    await open('close_session')
    expect(find('.why').textContent).toBe('Nothing holds it, it starts now')
  })
})
