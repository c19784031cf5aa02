import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { launch, logIn, open, settled, watchReload } from './browser'
import { Server } from './server'

let server: Server
let browser: Browser

beforeAll(async () => {
  ;[server, browser] = await Promise.all([Server.start('renders.py'), launch()])
})
afterAll(async () => {
  await browser.close()
  await server.end()
})

test('what went in is shown as rendered and as written, and what was done stands in the events', async () => {
  const runId = await server.run('renders', 'failed')
  const { page, errors } = await open(browser)
  await logIn(page, server)
  await page.goto(`${server.url}/dags/renders/runs/${encodeURIComponent(runId)}/tasks/say`)
  await settled(page)
  const reloaded = await watchReload(page)
  const side = page.getByRole('complementary', { name: 'About the task instance' })
  const field = (name: string) => side.locator('.fields > div').filter({ has: page.getByText(name, { exact: true }) })

  await field('bash_command').getByText('echo renders; exit 1').waitFor()
  await side.getByRole('button', { name: 'Templates' }).click()
  await field('bash_command').getByText('echo {{ dag.dag_id }}; exit 1').waitFor()
  const env = (await field('env').locator('dd').textContent()) ?? ''
  expect(JSON.parse(env)).toEqual({ API_TOKEN: '***', CITY: '{{ ti.task_id }}' })
  expect(new URL(page.url()).searchParams.get('fields')).toBe('templates')
  await page.keyboard.press('r')
  await field('bash_command').getByText('echo renders; exit 1').waitFor()

  await side.getByRole('tab', { name: 'Events' }).click()
  const events = side.getByRole('list', { name: 'Events' }).getByRole('listitem')
  await events.filter({ hasText: 'failed' }).filter({ hasText: 'try 1' }).waitFor()
  await events.filter({ hasText: /^dag_run_createdrun/ }).waitFor()
  await page.keyboard.press('m')
  const dialog = page.getByRole('dialog', { name: /^Mark say/ })
  await dialog.locator('.act-changes').getByText('1 task instance in 1 run').waitFor()
  await dialog.getByRole('button', { name: 'Mark 1' }).click()
  await events
    .filter({ hasText: /^mark_task_instances/ })
    .filter({ hasText: 'by admin' })
    .waitFor()
  await page.keyboard.press('c')
  const clear = page.getByRole('dialog', { name: /^Clear say/ })
  await clear.getByText('2 task instances in 1 run').waitFor()
  await clear.getByRole('button', { name: 'Clear 2' }).click()
  await events
    .filter({ hasText: /^clear_task_instancesrun/ })
    .filter({ hasText: '2 task instances of 1 run' })
    .waitFor()

  await side.getByRole('link', { name: 'All of the run' }).click()
  await page.getByRole('row').filter({ hasText: 'clear_task_instances' }).waitFor()
  expect(await reloaded()).toBe(false)
  expect(errors).toEqual([])
  await page.context().close()
})
