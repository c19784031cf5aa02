import { afterEach, describe, expect, it, vi } from 'vitest'
import { aTaskEvent, aTaskInstance, DRAWN_NOW, MINUTE } from '@/testing/builders'
import { log } from '@/testing/fake/changes'
import { answer, resetFake } from '@/testing/fake/server'
import { button, byLabel, find, showApp, type Shown } from '@/testing/show'
import { eventWords, fieldsOf } from './model'

const DAG = 'retail_orders_mart'
const TASK = 'transform.dim_product'

describe('the fields', () => {
  const data = aTaskInstance({ rendered_fields: { cmd: 'echo 1', day: 'x' }, templates: { cmd: 'echo {{ n }}' } })

  it('are as rendered unless templates are asked for', () => {
    const rendered = { way: 'rendered', entries: Object.entries(data.rendered_fields ?? {}), hasChoice: true }
    expect(fieldsOf(data, null)).toEqual(rendered)
    expect(fieldsOf(data, 'nonsense')).toEqual(rendered)
    expect(fieldsOf(data, 'templates')).toEqual({
      way: 'templates',
      entries: [['cmd', 'echo {{ n }}']],
      hasChoice: true,
    })
  })

  it('have no choice without templates, whatever the address asks for', () => {
    expect(fieldsOf({ ...data, templates: null }, 'templates')).toMatchObject({ way: 'rendered', hasChoice: false })
  })

  it('may be unknown as rendered', () => {
    expect(fieldsOf({ ...data, rendered_fields: null }, null)).toMatchObject({ entries: [], hasChoice: true })
  })
})

it.each([
  [{ owner: 'ada', detail: '2 task instances of 1 run', try_number: null }, 'by ada · 2 task instances of 1 run'],
  [{ try_number: 2 }, 'try 2'],
  [{ try_number: 0 }, ''],
] as const)('an event %o says %s', (over, words) => {
  expect(eventWords(aTaskEvent(over))).toBe(words)
})

describe('the page', () => {
  let shown: Shown
  afterEach(async () => {
    // Kept for the next page, as in a browser.
    await shown.press('i')
    await shown.stop()
    vi.restoreAllMocks()
    vi.unstubAllGlobals()
  })
  const open = async (task = TASK) => {
    resetFake(DRAWN_NOW)
    const grid = answer('GET', `/ui/dags/${DAG}/grid`, undefined).body as { runs: { run_id: string }[] }
    const run = grid.runs.at(-1)?.run_id ?? ''
    shown = await showApp(`/dags/${DAG}/runs/${encodeURIComponent(run)}/tasks/${task}`)
    await shown.until(() => byLabel('Open the side panel'))
    await shown.click(byLabel('Open the side panel'))
    return { app: shown, run }
  }
  const fields = () => find('.fields').textContent

  it('switches its fields with a button and a key, and keeps that in the address', async () => {
    const { app } = await open()
    await app.until(() => expect(fields()).toContain('RAW.ORDERS'))
    await app.click(button('Templates', byLabel('Fields as')))
    expect(fields()).toContain('RAW.{{ params.table }}')
    expect(window.location.search).toBe('?fields=templates')
    await app.press('r')
    expect(fields()).toContain('RAW.ORDERS')
    expect(window.location.search).toBe('')
  })

  it('shows its events page by page, and whom each names', async () => {
    const { app, run } = await open()
    const of = { dag_id: DAG, run_id: run }
    log(DRAWN_NOW - 3 * MINUTE, 'failed', { ...of, task_id: TASK, map_index: -1, try_number: 1, owner: null })
    log(DRAWN_NOW - 2 * MINUTE, 'failed', { ...of, task_id: 'other', map_index: -1, try_number: 1 })
    log(DRAWN_NOW - MINUTE, 'clear_task_instances', { ...of, detail: '2 task instances of 1 run' })
    log(DRAWN_NOW, 'running', { ...of, task_id: TASK, map_index: -1, try_number: 2, owner: null })
    await app.until(() => button('Events'))
    await app.click(button('Events'))
    const lines = () => [...document.querySelectorAll('.task-events li')].map((one) => one.textContent)
    await app.until(() => expect(lines()).toHaveLength(2))
    expect(lines()[1]).toMatch(/^clear_task_instancesrun.*by mara · 2 task instances of 1 run$/)
    expect(document.querySelector('.of-many')?.textContent).toContain('without naming them')
    await app.click(button('Older events'))
    await app.until(() => expect(lines()).toHaveLength(4))
    // The last one is of the invented history.
    expect(lines()[2]).toMatch(/^failed.*try 1$/)
    expect(document.body.textContent).not.toContain('Older events')
  })

  it('of a mapped task as a whole has its events beside its details', async () => {
    const { app, run } = await open('stage.load_raw')
    const of = { dag_id: DAG, run_id: run, task_id: 'stage.load_raw' }
    log(DRAWN_NOW - MINUTE, 'failed', { ...of, map_index: 3 })
    log(DRAWN_NOW, 'clear_task_instances', { ...of, map_index: -1 })
    await app.until(() => button('Events'))
    expect(document.querySelector('.task-events')).toBeNull()
    await app.click(button('Events'))
    await app.until(() => expect(find('.task-events').textContent).toContain('clear_task_instances'))
    expect(document.querySelectorAll('.task-events li')).toHaveLength(1)
    expect(window.location.search).toBe('?tab=events')
  })
})
