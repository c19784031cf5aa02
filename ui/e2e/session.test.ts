import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { launch, logIn, open } from './browser'
import { PASSWORD, Server } from './server'

let server: Server
let browser: Browser

beforeAll(async () => {
  ;[server, browser] = await Promise.all([Server.start('stories.py'), launch()])
})
afterAll(async () => {
  await browser.close()
  await server.end()
})

test('a wrong password is said, the right one opens the place that was asked for', async () => {
  const { page } = await open(browser)
  await page.goto(`${server.url}/dags?view=paused`)
  await page.getByLabel('User name').fill('admin')
  await page.getByLabel('Password').fill('no')
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('alert').getByText('wrong').waitFor()
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.waitForURL(/\/dags\?.*view=paused/)
  await page.context().close()
})

test('the session is a cookie that no script reads and no other site sends', async () => {
  const { page, errors } = await open(browser)
  await logIn(page, server)
  const [cookie, ...more] = await page.context().cookies()
  expect(more).toEqual([])
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/' })
  expect(await page.evaluate(() => document.cookie)).toBe('')
  await page.reload()
  await page.getByRole('navigation').first().waitFor()
  expect(errors).toEqual([])
  await page.context().close()
})

test('an act with the cookie alone is refused', async () => {
  const { page } = await open(browser)
  await logIn(page, server)
  await server.hasDag('greets')
  const address = `${server.url}/api/v2/dags/greets`
  const data = { is_paused: true }
  const alone = await page.request.patch(address, { data })
  expect(alone.status()).toBe(403)
  const foreign = await page.request.patch(address, {
    data,
    headers: { 'X-Tradewind': '1', Origin: 'http://evil.example' },
  })
  expect(foreign.status()).toBe(403)
  const ours = await page.request.patch(address, { data: { is_paused: false }, headers: { 'X-Tradewind': '1' } })
  expect(ours.status()).toBe(200)
  await page.context().close()
})

test('pages come with a strict policy and no script of their own', async () => {
  const answer = await fetch(`${server.url}/dags`, { headers: { accept: 'text/html' } })
  const policy = answer.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("script-src 'self'")
  expect(policy).not.toContain('unsafe')
  expect(await answer.text()).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=/)
})
