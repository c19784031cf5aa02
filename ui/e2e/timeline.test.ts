import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { launch, logIn, open, row, settled, watchReload } from './browser'
import { eventually, Server } from './server'

let server: Server
let browser: Browser

beforeAll(async () => {
  ;[server, browser] = await Promise.all([Server.start('maps.py'), launch()])
  await server.hasDag('maps')
})
afterAll(async () => {
  await browser.close()
  await server.end()
})

test('a mapped task shows how many of its instances run at once, and where one was tried again', async () => {
  const runId = await server.run('maps', 'running')
  const address = `/dags/maps/runs/${encodeURIComponent(runId)}`
  type Instances = { task_instances: { task_id: string; map_index: number; state: string }[] }
  await eventually('all instances run', async () => {
    const { task_instances } = await server.api<Instances>(
      'GET',
      `/dags/maps/dagRuns/${encodeURIComponent(runId)}/taskInstances`,
    )
    return task_instances.filter(({ map_index, state }) => map_index >= 0 && state === 'running').length >= 2
  })
  const { page, errors } = await open(browser)
  await logIn(page, server)
  await page.goto(`${server.url}${address}/timeline`)
  await settled(page)
  const reloaded = await watchReload(page)
  const label = page.locator('.tl-label')
  await label.getByText(/running.*[23] at once/).waitFor()
  expect(await page.locator('.tl-bars .f-run-s').count()).toBe(1)
  expect(await page.locator('.tl-mark').count()).toBe(0)

  writeFileSync(join(server.dags, 'open'), '')
  await label.getByText(/^[23] at once, 1 retry$/).waitFor()
  expect(await page.locator('.tl-bars .tl-mark').count()).toBe(1)
  expect(await page.locator('.tl-bars .f-run-s').count()).toBe(0)
  await page.getByText(/^peak [23]$/).waitFor()
  await row(page, /load/).hover({ position: { x: 400, y: 12 } })
  await page.getByText(/3 success, 1 retry/).waitFor()
  await page.getByText(/^[23] at most$/).waitFor()

  await page.getByRole('button', { name: 'By pool' }).click()
  await row(page, /default_pool/, /3 tasks/).waitFor()
  expect(new URL(page.url()).searchParams.get('by')).toBe('pool')
  await row(page, /default_pool/)
    .getByText('default_pool')
    .click()
  await row(page, /load/).waitFor({ state: 'detached' })
  await page.keyboard.press('ArrowRight')
  await row(page, /load/).waitFor()
  expect(await reloaded()).toBe(false)
  expect(errors).toEqual([])
  await page.context().close()
})
