import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { launch, logIn, open, settled, SIZE } from './browser'
import { Server } from './server'
import { outOfReach, violations } from './violations'

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
  ['home as tables', () => '/', key('a')],
  ['DAG list', () => '/dags'],
  ['last runs as a table', () => '/dags?sel=fails', key('a')],
  ['grid', () => '/dags/fails/grid'],
  ['grid with panel', () => `/dags/fails/grid?run=${run}&task=bad`],
  ['grid as a table', () => '/dags/fails/grid', key('a')],
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
    async (page) => {
      const events = page.getByRole('list', { name: 'Events' })
      // Where the panel would leave no room for the log, it waits to be asked for.
      if (!(await events.isVisible())) await page.keyboard.press('i')
      await events.waitFor()
    },
  ],
  [
    'why a task waits',
    () => `/dags/shares/runs/${sharing}/tasks/third`,
    async (page) => {
      // Lets go of the panel, where it lies over what it is beside elsewhere.
      await page.keyboard.press('Escape')
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

/** A window at 200 % is one of half the size, with twice the dots. */
const zoomed = { viewport: { width: SIZE.width / 2, height: SIZE.height / 2 }, deviceScaleFactor: 2 }
const looks = [
  ['light', {}],
  ['dark', { colorScheme: 'dark' }],
  ['light, zoomed to 200 %, with more contrast', { ...zoomed, contrast: 'more' }],
] as const

describe.each(looks)('axe-core finds nothing and everything is in reach: %s', (_name, look) => {
  let page: Page
  beforeAll(async () => {
    page = (await open(browser, look)).page
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
    expect(await outOfReach(page)).toEqual([])
  })
})

test('who asks for more contrast sees lines, and success as a full green with a check', async () => {
  for (const contrast of ['no-preference', 'more'] as const) {
    const { page } = await open(browser, { contrast })
    await logIn(page, server)
    await page.goto(`${server.url}/dags/fails/grid`)
    await settled(page)
    const seen = await page.evaluate(() => {
      const token = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name)
      const check = document.querySelector('.on-contrast')
      return {
        isFull: token('--ok-q') === token('--ok'),
        hasLines: token('--line') === token('--line-3'),
        hasCheck: check !== null && getComputedStyle(check).display !== 'none',
      }
    })
    const more = contrast === 'more'
    expect(seen).toEqual({ isFull: more, hasLines: more, hasCheck: more })
    await page.context().close()
  }
})
