import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { launch, logIn, open, row, settled } from './browser'
import { Server } from './server'
import { violations } from './violations'

let server: Server
let browser: Browser

beforeAll(async () => {
  ;[server, browser] = await Promise.all([Server.start('stories.py'), launch()])
  await server.hasDag('fails')
  await server.run('fails', 'failed')
})
afterAll(async () => {
  await browser.close()
  await server.end()
})

test('a phone has five places, lists of two lines and the newest run in place of the grid', async () => {
  const { page, errors } = await open(browser)
  await page.setViewportSize({ width: 390, height: 800 })
  await logIn(page, server)
  const places = page.getByRole('navigation', { name: 'Main' })
  expect(await places.locator('.place').count()).toBe(5)
  await places.getByRole('button', { name: 'More' }).click()
  await page.getByRole('menuitem', { name: 'Pools' }).click()
  await page.waitForURL(/\/pools/)
  await places.getByRole('link', { name: 'DAGs' }).click()
  await settled(page)
  expect((await row(page, /fails/).boundingBox())?.height).toBe(48)
  expect(await violations(page)).toEqual([])
  await page.getByRole('link', { name: 'fails' }).click()
  await page.locator('.last-run').getByText('Failed').waitFor()
  expect(await violations(page)).toEqual([])
  await row(page, /bad/, /failed/)
    .getByRole('link')
    .click()
  await page.waitForURL(/\/tasks\/bad/)
  await settled(page)
  expect(await violations(page)).toEqual([])
  await page.goBack()
  await page.locator('.last-run').click()
  await page.waitForURL(/timeline/)
  await settled(page)
  expect(await violations(page)).toEqual([])
  const chart = page.locator('.tl-scroll')
  const box = await chart.boundingBox()
  const at = { pointerType: 'touch', clientX: (box?.x ?? 0) + 200, clientY: (box?.y ?? 0) + 30 }
  await chart.dispatchEvent('pointerdown', at)
  await page.locator('.tl-card').waitFor()
  await chart.dispatchEvent('pointerdown', at)
  await page.locator('.tl-card').waitFor({ state: 'detached' })
  expect(errors).toEqual([])
  await page.context().close()
})

test('tools fold into a menu, whose own menus leave it open', async () => {
  const { page, errors } = await open(browser)
  await page.setViewportSize({ width: 800, height: 800 })
  await logIn(page, server)
  await page.goto(`${server.url}/dags/fails/grid`)
  await settled(page)
  await page.getByRole('button', { name: 'View' }).click()
  const tools = page.getByRole('dialog', { name: 'View' })
  await tools.getByRole('button', { name: 'State' }).click()
  await page.getByRole('menuitem', { name: 'Success' }).click()
  await page.waitForURL(/state=success/)
  await tools.getByRole('button', { name: 'Success' }).waitFor()
  await page.keyboard.press('Escape')
  await tools.waitFor({ state: 'detached' })
  expect(errors).toEqual([])
  await page.context().close()
})
