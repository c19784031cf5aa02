import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { launch, logIn, open } from './browser'
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

/** Notes that the document was loaded again, if it is. */
async function watchReload(page: Page): Promise<() => Promise<boolean>> {
  await page.evaluate(() => document.documentElement.setAttribute('data-first', 'yes'))
  return async () => (await page.locator('html').getAttribute('data-first')) !== 'yes'
}

test('a run goes by on the screen without a reload', async () => {
  const { page, errors } = await open(browser)
  await logIn(page, server)
  await page.goto(`${server.url}/dags/waits/grid`)
  const reloaded = await watchReload(page)
  const runId = await server.run('waits', 'running')
  await page
    .getByRole('gridcell', { name: /first, .*running/i })
    .first()
    .waitFor()
  writeFileSync(join(server.dags, 'gate'), '')
  await page
    .getByRole('gridcell', { name: /second, .*success/i })
    .first()
    .waitFor()
  expect(await reloaded()).toBe(false)
  await page.goto(`${server.url}/dags/waits/runs/${encodeURIComponent(runId)}`)
  await page.getByText('second').first().waitFor()
  expect(errors).toEqual([])
  await page.context().close()
})

test('a tab survives a restart of the server', async () => {
  const { page } = await open(browser)
  await logIn(page, server)
  await page.goto(`${server.url}/dags`)
  await page.getByText('greets').first().waitFor()
  const reloaded = await watchReload(page)
  await server.restart()
  await server.run('greets', 'success')
  await page.getByText('Live').waitFor()
  await page.getByRole('link', { name: 'greets' }).first().click()
  await page
    .getByRole('gridcell', { name: /greet, .*success/i })
    .first()
    .waitFor()
  expect(await reloaded()).toBe(false)
  await page.context().close()
})
