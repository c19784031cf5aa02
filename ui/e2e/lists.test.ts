import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { launch, logIn, open, settled } from './browser'
import { Server, eventually } from './server'

let server: Server
let browser: Browser

const version = (tasks: string) => `from airflow.sdk import DAG, task\n\nwith DAG("grows", schedule=None):\n${tasks}`
const a = `\n    @task\n    def alpha():\n        return 1\n\n    alpha()\n`
const b = `\n    @task\n    def beta():\n        return 2\n\n    beta()\n`

beforeAll(async () => {
  ;[server, browser] = await Promise.all([Server.start('stories.py'), launch()])
  server.write('grows.py', version(a))
  await server.hasDag('greets')
  await server.run('grows', 'success')
})
afterAll(async () => {
  await browser.close()
  await server.end()
})

const isPaused = async (dagId: string) => (await server.api<{ is_paused: boolean }>('GET', `/dags/${dagId}`)).is_paused

async function openDags(page: Page): Promise<void> {
  await page.goto(`${server.url}/dags`)
  await settled(page)
}

test('a DAG is paused, and Ctrl Z takes it back', async () => {
  const { page, errors } = await open(browser)
  await logIn(page, server)
  await openDags(page)
  await page.getByRole('row').filter({ hasText: 'fails' }).click()
  await page.keyboard.press('p')
  await page.getByRole('button', { name: 'Undo' }).waitFor()
  expect(await isPaused('fails')).toBe(true)
  await page.keyboard.press('Control+z')
  await eventually('it is active', async () => !(await isPaused('fails')))
  expect(errors).toEqual([])
  await page.context().close()
})

test('a filter is part of the address', async () => {
  const { page, errors } = await open(browser)
  await logIn(page, server)
  await openDags(page)
  await page.keyboard.press('/')
  await page.keyboard.type('tag:e2e wai')
  await page.keyboard.press('Enter')
  await page.getByRole('row').filter({ hasText: 'greets' }).waitFor({ state: 'detached' })
  await page.getByRole('row').filter({ hasText: 'waits' }).waitFor()
  const address = page.url()
  await page.goto(`${server.url}/runs`)
  await page.goto(address)
  await page.getByRole('row').filter({ hasText: 'waits' }).waitFor()
  expect(await page.getByRole('row').filter({ hasText: 'greets' }).count()).toBe(0)
  expect(errors).toEqual([])
  await page.context().close()
})

test('two versions stand side by side', async () => {
  server.write('grows.py', version(a + b))
  await eventually('there are two versions', async () => {
    const list = await server.api<{ total_entries: number }>('GET', '/dags/grows/dagVersions')
    return list.total_entries === 2
  })
  const { page, errors } = await open(browser)
  await logIn(page, server)
  await page.goto(`${server.url}/dags/grows/code`)
  await settled(page)
  await page.keyboard.press('d')
  await page
    .getByText(/def beta/)
    .first()
    .waitFor()
  await page.getByText(/v1, /).first().waitFor()
  await page.getByText(/v2, /).first().waitFor()
  const structure = page.getByRole('list', { name: 'What the DAG does otherwise' })
  expect(await structure.getByRole('listitem').allInnerTexts()).toEqual(['Task beta is new'])
  expect(errors).toEqual([])
  await page.context().close()
})

test('the palette goes anywhere', async () => {
  const { page, errors } = await open(browser)
  await logIn(page, server)
  await page.keyboard.press('Control+k')
  await page.keyboard.type('grows')
  await page.getByRole('dialog').getByRole('option', { name: /grows/ }).first().waitFor()
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/dags\/grows\/grid/)
  await page.keyboard.press('Control+k')
  await page.keyboard.type('pools')
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/pools/)
  expect(errors).toEqual([])
  await page.context().close()
})

test('a round trip needs no pointer', async () => {
  const { page, errors } = await open(browser)
  await logIn(page, server)
  await page.keyboard.press('g')
  await page.keyboard.press('d')
  await page.waitForURL(/\/dags$/)
  await settled(page)
  await page.keyboard.press('/')
  await page.keyboard.type('grows')
  await page.keyboard.press('Enter')
  await page.getByRole('row').filter({ hasText: 'greets' }).waitFor({ state: 'detached' })
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/dags\/grows\/grid/)
  await settled(page)
  await page.keyboard.press('ArrowDown')
  await page.waitForURL(/task=alpha/)
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.keyboard.press('y')
  await page.getByText('The link to what you see is copied').waitFor()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(page.url())
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/dags\/grows\/runs\/.*\/tasks\/alpha/)
  await page.goBack()
  await page.waitForURL(/\/dags\/grows\/grid/)
  await page.keyboard.press('g')
  await page.keyboard.press('h')
  await page.waitForURL(/\/$/)
  expect(errors).toEqual([])
  await page.context().close()
})
