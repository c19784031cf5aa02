import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { launch, logIn, open, row, settled } from './browser'
import { Server } from './server'

let server: Server
let browser: Browser
let page: Page
let run = ''

beforeAll(async () => {
  ;[server, browser] = await Promise.all([Server.start('stories.py'), launch()])
  run = encodeURIComponent(await server.run('fails', 'failed'))
  page = (await open(browser)).page
  await logIn(page, server)
})
afterAll(async () => {
  await browser.close()
  await server.end()
})

/** Presses `A` on a screen; rows are those of the table that opens. */
async function asTable(path: string): Promise<string[]> {
  await page.goto(server.url + path)
  await settled(page)
  await page.keyboard.press('a')
  const rows = page.getByRole('dialog').locator('.rows').getByRole('row')
  await rows.first().waitFor()
  // What scrolls has the focus, so that arrows go through a long table.
  expect(await page.evaluate(() => document.activeElement?.className)).toBe('rows')
  return (await rows.allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' '))
}

test('every chart shows its data as a table', async () => {
  expect((await asTable('/'))[0]).toMatch(/^\w{3} \d+ \w{3}, \d\d:\d\d 0 1 0$/)
  await page.getByRole('button', { name: 'Store commit' }).click()
  await row(page, /:\d\d:\d\d\s*\d.*ms/)
    .first()
    .waitFor()

  expect(await asTable('/dags?sel=fails')).toEqual([expect.stringMatching(/ Failed \d/)])
  expect(await asTable('/dags/fails/grid')).toEqual([
    expect.stringMatching(/^good .* success$/),
    expect.stringMatching(/^bad .* failed$/),
    expect.stringMatching(/^after .* upstream failed$/),
  ])
  expect(await asTable('/dags/fails/graph')).toEqual(['good – success', 'bad good failed', 'after bad upstream failed'])
  expect(await asTable('/dags/fails/timeline')).toEqual([expect.stringMatching(/, \d\d:\d\d .* Failed \d/)])
  expect(await asTable(`/dags/fails/runs/${run}/tasks/bad`)).toEqual([expect.stringMatching(/ Failed \d/)])
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })

  await page.goto(`${server.url}/dags/fails/runs/${run}/timeline`)
  await settled(page)
  await page.keyboard.press('a')
  await page.waitForURL(/\/tasks$/)
})
