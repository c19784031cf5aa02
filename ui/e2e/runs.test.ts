import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { launch, logIn, open, row, settled, watchReload } from './browser'
import { Server } from './server'

let server: Server
let browser: Browser

beforeAll(async () => {
  ;[server, browser] = await Promise.all([Server.start('stories.py'), launch()])
  await server.hasDag('waits')
})
afterAll(async () => {
  await browser.close()
  await server.end()
})

test('a run goes by on the screen without a reload', async () => {
  const { page, errors } = await open(browser)
  await logIn(page, server)
  await page.goto(`${server.url}/runs`)
  await settled(page)
  const reloaded = await watchReload(page)
  const runId = await server.run('waits', 'running')
  await row(page, /waits/, /Running/).dblclick()
  await page.waitForURL(/timeline/)
  await page.getByRole('link', { name: /Tasks/ }).click()
  await row(page, /Running/, /first/).waitFor()
  writeFileSync(join(server.dags, 'gate'), '')
  await row(page, /Success/, /second/).waitFor()
  expect(page.url()).toContain(encodeURIComponent(runId))
  expect(await reloaded()).toBe(false)
  expect(errors).toEqual([])
  await page.context().close()
})

test('the graph shows the critical path of a run, and of nothing else', async () => {
  const { page, errors } = await open(browser)
  await logIn(page, server)
  const runId = encodeURIComponent(await server.run('fails', 'failed'))
  const ids = (selector: string) => page.locator(selector).evaluateAll((all) => all.map((one) => one.dataset['node']))
  for (const place of [`/dags/fails/runs/${runId}/graph`, '/dags/fails/graph']) {
    await page.goto(server.url + place)
    await page.locator('[data-node="after"]').waitFor()
    const button = page.getByRole('button', { name: /Critical path/ })
    expect(await button.getAttribute('aria-pressed')).toBe('false')
    expect(await ids('.on-path')).toEqual([])
    await page.keyboard.press('k')
    await page.waitForURL(/graph\?path=on$/)
    await page.reload()
    await page.locator('.gr-node.on-path').first().waitFor()
    expect(await button.getAttribute('aria-pressed')).toBe('true')
    // What came after was never run.
    expect(await ids('.gr-node.on-path')).toEqual(['good', 'bad'])
    expect(await page.locator('.gr-edge.on-path title').allTextContents()).toEqual(['good → bad'])
    await button.click()
    await page.waitForURL(/graph$/)
    await page.locator('.on-path').first().waitFor({ state: 'detached' })
  }
  await page.goto(`${server.url}/dags/fails/graph?run=none&path=on`)
  await page.locator('[data-node="after"]').waitFor()
  expect(await page.getByRole('button', { name: /Critical path/ }).count()).toBe(0)
  expect(await page.locator('.with-path').count()).toBe(0)
  expect(errors).toEqual([])
  await page.context().close()
})

test('a tab survives a restart of the server', async () => {
  const { page } = await open(browser)
  await logIn(page, server)
  await page.goto(`${server.url}/runs`)
  await settled(page)
  const reloaded = await watchReload(page)
  await server.stop()
  await page
    .getByText(/Reconnecting/)
    .first()
    .waitFor()
  await server.restart()
  await server.run('greets', 'success')
  await row(page, /greets/, /Success/)
    .first()
    .waitFor()
  await page.getByText('Live', { exact: true }).waitFor()
  expect(await reloaded()).toBe(false)
  await page.context().close()
})

test('a run is started from a form that checks what is typed', async () => {
  const { page, errors } = await open(browser)
  await logIn(page, server)
  await page.goto(`${server.url}/dags/greets/grid`)
  await settled(page)
  await page.keyboard.press('t')
  const dialog = page.getByRole('dialog')
  const times = dialog.getByLabel('times')
  await times.fill('7')
  const send = dialog.getByRole('button', { name: /Trigger/ })
  await send.and(page.locator(':disabled')).waitFor()
  await times.fill('2')
  await dialog.getByLabel('name').fill('Åsa <b>')
  await page.keyboard.press('Control+Enter')
  await page.waitForURL(/\/dags\/greets\/runs\/[^/]+\/timeline/)
  const runId = decodeURIComponent(/runs\/([^/]+)\//.exec(page.url())?.[1] ?? '')
  const run = await server.api<{ conf: unknown }>('GET', `/dags/greets/dagRuns/${encodeURIComponent(runId)}`)
  expect(run.conf).toEqual({ name: 'Åsa <b>', times: 2 })
  await page.getByText('Success').first().waitFor()
  expect(errors).toEqual([])
  await page.context().close()
})

test('the log of a failure is a few keys from home, and it is searched', async () => {
  await server.run('fails', 'failed')
  const { page, errors } = await open(browser)
  await logIn(page, server)
  await page.getByRole('link', { name: 'fails' }).first().waitFor()
  await page.getByText('ValueError: the needle').first().waitFor()
  await page.keyboard.press('l')
  await page.waitForURL(/\/dags\/fails\/runs\/.*\/tasks\/bad/)
  await page.locator('.log-line').getByText('ValueError: the needle').waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('LINE 17')
  // "line 17" and "line 170" to "line 179"
  await page.getByText(/1 of 11/).waitFor()
  await page.keyboard.press('Enter')
  await page.getByText(/2 of 11/).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: /Error\s*1/ }).waitFor()
  await page.keyboard.press('e')
  await page.getByText('Task failed with exception').waitFor()
  expect(errors).toEqual([])
  await page.context().close()
})

test('a failure that somebody has seen leaves every home by itself', async () => {
  await server.run('fails', 'failed')
  const [one, other] = [await open(browser), await open(browser)]
  const failures = (page: Page) => page.locator('.home-att').getByRole('link', { name: 'fails' })
  for (const { page } of [one, other]) {
    await logIn(page, server)
    await failures(page).waitFor()
  }
  await one.page.keyboard.press('e')
  await failures(one.page).waitFor({ state: 'detached' })
  await failures(other.page).waitFor({ state: 'detached' })
  await one.page.keyboard.press('Control+z')
  await failures(one.page).waitFor()
  await failures(other.page).waitFor()
  for (const { page, errors } of [one, other]) {
    expect(errors).toEqual([])
    await page.context().close()
  }
})
