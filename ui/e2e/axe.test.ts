import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { launch, logIn, open, settled } from './browser'
import { Server } from './server'
import { violations } from './violations'

let server: Server
let browser: Browser
let run = ''
let waiting = ''
let sharing = ''
let rendered = ''

beforeAll(async () => {
  ;[server, browser] = await Promise.all([Server.start('stories.py', 'pool.py', 'renders.py'), launch()])
  server.write('broken.py', 'from airflow.sdk import nonsense\n')
  run = encodeURIComponent(await server.run('fails', 'failed'))
  waiting = encodeURIComponent(await server.run('waits', 'running'))
  await server.api('POST', '/pools', { name: 'narrow', slots: 1 })
  rendered = encodeURIComponent(await server.run('renders', 'failed'))
  sharing = encodeURIComponent(await server.run('shares', 'running'))
})
afterAll(async () => {
  await browser.close()
  await server.end()
})

/** Opens a dialog or popover with a key. */
const key = (name: string) => async (page: Page) => {
  await page.keyboard.press(name)
  await page.getByRole('dialog').waitFor()
}
/** Opens one with a button, if need be out of a menu. */
const button = (name: string | RegExp, item?: RegExp) => async (page: Page) => {
  await page.getByRole('button', { name }).first().click()
  if (item) await page.getByRole('menuitem', { name: item }).click()
  await page.getByRole('dialog').waitFor()
}
/** Selects the row of the cursor. */
const select = async (page: Page) => {
  await page.keyboard.press('x')
  await page.getByRole('toolbar').waitFor()
}

const inRun = (tab: string) => `/dags/fails/runs/${run}/${tab}`
const screens: [name: string, path: () => string, act?: (page: Page) => Promise<void>][] = [
  ['home', () => '/'],
  ['DAG list', () => '/dags'],
  ['grid', () => '/dags/fails/grid'],
  ['grid with panel', () => `/dags/fails/grid?run=${run}&task=bad`],
  ['graph', () => '/dags/fails/graph'],
  ['runs of a DAG', () => '/dags/fails/runs'],
  ['code', () => '/dags/fails/code'],
  ['details', () => '/dags/fails/details'],
  ['timeline', () => `/dags/fails/runs/${run}/timeline`],
  ['timeline by pool', () => `/dags/fails/runs/${run}/timeline?by=pool`],
  ['tasks', () => `/dags/fails/runs/${run}/tasks`],
  ['run details', () => `/dags/fails/runs/${run}/details`],
  ['task', () => `/dags/fails/runs/${run}/tasks/bad`],
  ['inputs of a task', () => `/dags/renders/runs/${rendered}/tasks/say`],
  ['templates of a task', () => `/dags/renders/runs/${rendered}/tasks/say?fields=templates`],
  [
    'events of a task',
    () => `/dags/renders/runs/${rendered}/tasks/say?tab=events`,
    async (page) => page.getByRole('list', { name: 'Events' }).waitFor(),
  ],
  [
    'why a task waits',
    () => `/dags/shares/runs/${sharing}/tasks/third`,
    async (page) => {
      await page.getByText('Pool narrow is full').waitFor()
      await page.locator('.why-met summary').click()
    },
  ],
  ['why, in a panel', () => `/dags/shares/runs/${sharing}/timeline?task=third&panel=open`],
  ['runs', () => '/runs'],
  ['import errors', () => '/import-errors'],
  ['pools', () => '/pools'],
  ['connections', () => '/connections'],
  ['new connection', () => '/connections?new=1'],
  ['variables', () => '/variables'],
  ['system', () => '/system'],
  ['trigger', () => '/dags/greets/grid', key('t')],
  ['palette', () => '/', key('Control+k')],
  ['all keys', () => '/dags', key('?')],
  ['DAG timeline', () => `/dags/fails/timeline?run=${run}`],
  ['run graph', () => inRun('graph')],
  ['critical path in the graph', () => `${inRun('graph')}?path=on`],
  ['run events', () => inRun('events')],
  ['audit log', () => '/audit-log'],
  ['audit entry', () => '/audit-log', async (page) => page.getByRole('row').nth(1).click()],
  ['clear a task', () => inRun('tasks/bad'), key('c')],
  ['mark a task', () => inRun('tasks/bad'), key('m')],
  ['clear a run', () => inRun('timeline'), key('c')],
  ['acts of a run', () => inRun('timeline'), button('More acts')],
  ['mark a run', () => inRun('timeline'), button('More acts', /Mark/)],
  ['delete a run', () => inRun('timeline'), button('More acts', /Delete/)],
  ['stop a run', () => `/dags/waits/runs/${waiting}/timeline`, button(/^Stop/)],
  ['delete a DAG', () => '/dags/fails/grid', button('More about the DAG', /Delete/)],
  ['note', () => inRun('details'), async (page) => page.getByRole('button', { name: 'Add a note' }).click()],
  ['selected DAGs', () => '/dags?sel=fails', select],
  ['selected runs', () => '/dags/fails/runs', async (page) => page.getByRole('checkbox').first().click()],
  ['selected tasks', () => inRun('tasks?task=bad'), select],
  ['selected in the grid', () => `/dags/fails/grid?run=${run}&task=bad`, select],
  ['a view to save', () => '/dags?tag=e2e', button('Save view')],
]

describe.each(['light', 'dark'] as const)('axe-core finds nothing in the %s theme', (theme) => {
  let page: Page
  beforeAll(async () => {
    page = (await open(browser, theme)).page
    await page.goto(server.url)
    await page.getByLabel('User name').waitFor()
    expect(await violations(page)).toEqual([])
    await logIn(page, server)
  })

  test.each(screens)('%s', async (_name, path, act) => {
    await page.goto(server.url + path())
    await settled(page)
    await act?.(page)
    await settled(page)
    expect(await violations(page)).toEqual([])
  })
})
