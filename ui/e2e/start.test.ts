import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { launch, logIn, open } from './browser'
import { Server } from './server'

let server: Server
let browser: Browser

beforeAll(async () => {
  ;[server, browser] = await Promise.all([Server.start(), launch()])
})
afterAll(async () => {
  await browser.close()
  await server.end()
})

test('the first start says what is ready and goes away with the first DAG', async () => {
  const { page, errors } = await open(browser)
  await logIn(page, server)
  const steps = page.getByRole('list').filter({ hasText: 'Python' })
  await steps.waitFor()
  await page.getByText(server.dags).first().waitFor()
  await page
    .getByText(/Python 3\.\d+/)
    .first()
    .waitFor()
  const example = (await page.locator('pre', { hasText: 'from airflow.sdk import' }).first().textContent()) ?? ''
  server.write('hello.py', example)
  await steps.waitFor({ state: 'detached' })
  await page.getByRole('link', { name: 'hello' }).first().waitFor()
  expect(errors).toEqual([])
  await page.context().close()
})

test('a broken file shows its place and leaves the list by itself when it is mended', async () => {
  const { page, errors } = await open(browser)
  await logIn(page, server)
  await page.goto(`${server.url}/import-errors`)
  server.write('broken.py', 'from airflow.sdk import DAG\n\nwith DAG("broken"):\n    nonsense(\n')
  await page.getByText('broken.py').first().waitFor()
  await page.getByText('SyntaxError').first().waitFor()
  server.write('broken.py', 'from airflow.sdk import DAG\n\nDAG("mended")\n')
  await page.getByText('SyntaxError').first().waitFor({ state: 'detached' })
  expect(errors).toEqual([])
  await page.context().close()
})
