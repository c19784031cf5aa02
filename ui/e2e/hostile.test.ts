import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { launch, logIn, open, settled } from './browser'
import { Server } from './server'

let server: Server
let browser: Browser
let run = ''

beforeAll(async () => {
  ;[server, browser] = await Promise.all([Server.start('hostile.py'), launch()])
  run = await server.run('hostile', 'failed')
  const note = `<img src=x onerror='window.hurt = 5'> [click](javascript:window.hurt=6) <script>window.hurt = 7</script>`
  const address = `/dags/hostile/dagRuns/${encodeURIComponent(run)}`
  await server.api('PATCH', address, { note })
  await server.api('PATCH', `${address}/taskInstances/speak`, { note })
})
afterAll(async () => {
  await browser.close()
  await server.end()
})

/** An author's text became neither script nor markup, and the page is still there. */
async function isUnharmed(page: Page): Promise<void> {
  expect(await page.evaluate(() => (window as { hurt?: number }).hurt)).toBeUndefined()
  expect(await page.locator('img[src="x"], a[href^="javascript:"], body style').count()).toBe(0)
  expect(await page.getByRole('navigation').first().isVisible()).toBe(true)
}

test('what an author writes runs nothing and stays in its place', async () => {
  const { page, errors } = await open(browser)
  await logIn(page, server)
  const inRun = `/dags/hostile/runs/${encodeURIComponent(run)}`
  const places = ['/', '/dags', '/runs', '/dags/hostile/grid', '/dags/hostile/graph', '/dags/hostile/runs']
  places.push('/dags/hostile/code', '/dags/hostile/details', `${inRun}/timeline`, `${inRun}/tasks`, `${inRun}/details`)
  places.push(`${inRun}/tasks/speak`, `${inRun}/tasks/breaks`, `/dags/hostile/grid?run=${run}&task=speak`)
  for (const place of places) {
    await page.goto(server.url + place)
    await settled(page)
    await isUnharmed(page)
  }
  await page.goto(`${server.url}/dags/hostile/grid`)
  await settled(page)
  await page.keyboard.press('t')
  await page.getByRole('dialog').getByText('onerror').first().waitFor()
  await isUnharmed(page)
  expect(errors).toEqual([])
  await page.context().close()
})

test('a log shows what a task printed as text', async () => {
  const { page } = await open(browser)
  await logIn(page, server)
  await page.goto(`${server.url}/dags/hostile/runs/${encodeURIComponent(run)}/tasks/speak`)
  await page.getByText('<script>window.hurt = 1</script>').first().waitFor()
  await isUnharmed(page)
  await page.context().close()
})
