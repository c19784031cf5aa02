import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { launch, logIn, open, settled } from './browser'
import { Server } from './server'

let server: Server
let browser: Browser

beforeAll(async () => {
  ;[server, browser] = await Promise.all([Server.start('pool.py'), launch()])
  await server.api('POST', '/pools', { name: 'narrow', slots: 1 })
})
afterAll(async () => {
  await browser.close()
  await server.end()
})

test('who waits for a slot sees who holds it, goes there, and sees it change hands', async () => {
  const runId = await server.run('shares', 'running')
  const task = (name: string) => `/dags/shares/runs/${encodeURIComponent(runId)}/tasks/${name}`
  const { page, errors } = await open(browser)
  await logIn(page, server)
  await page.goto(server.url + task('third'))
  await settled(page)

  const first = page.getByLabel('In the order in which they have to clear').getByRole('listitem').first()
  await first.getByText('Pool narrow is full').waitFor()
  await first.getByText('1 of 1 slots: 1 this run. One task goes first').waitFor()
  expect(await first.getByRole('img', { name: '1 this run' }).locator('i').count()).toBe(1)
  expect(await first.getByRole('link', { name: 'Open pool narrow' }).getAttribute('href')).toBe('/pools?name=narrow')

  const holder = page.getByLabel('Held by').getByRole('link')
  await holder.getByText('first, this run').waitFor()
  await holder.focus()
  await page.keyboard.press('Enter')
  await page.waitForURL(`**${task('first')}`)
  await page.goBack()
  await holder.getByText('first, this run').waitFor()

  const met = page.getByRole('group').filter({ hasText: 'conditions met' })
  await met.locator('summary').focus()
  await page.keyboard.press('Enter')
  await met.getByRole('listitem').filter({ hasText: 'trigger rule all_success' }).waitFor()

  writeFileSync(join(server.dags, 'first.gate'), '')
  await holder.getByText('second, this run').waitFor()
  expect(await page.getByText('One task goes first').count()).toBe(0)
  // What was opened stays open.
  await met.getByRole('listitem').first().waitFor()

  writeFileSync(join(server.dags, 'second.gate'), '')
  await page.getByText('Pool narrow is full').waitFor({ state: 'detached' })
  writeFileSync(join(server.dags, 'third.gate'), '')
  await page.getByText('Success').first().waitFor()
  expect(errors).toEqual([])
  await page.context().close()
})
