// A real browser, logged in.

import { type Browser, type Page, chromium } from 'playwright-core'

import { PASSWORD, type Server } from './server'

const OPTIONS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking']
export const SIZE = { width: 1440, height: 900 }

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: OPTIONS })
}

/** A page of its own, with everything that went wrong in it collected in `errors`. */
export async function open(
  browser: Browser,
  theme: 'light' | 'dark' = 'light',
): Promise<{ page: Page; errors: string[] }> {
  const context = await browser.newContext({ viewport: SIZE, colorScheme: theme, timezoneId: 'UTC', locale: 'en-GB' })
  const page = await context.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('console', (message) => {
    // Whoever has not logged in yet is told so with this status.
    if (message.type() === 'error' && !message.text().includes('401')) errors.push(message.text())
  })
  return { page, errors }
}

export async function logIn(page: Page, server: Pick<Server, 'url'>, password = PASSWORD): Promise<void> {
  await page.goto(`${server.url}/`)
  await page.getByLabel('User name').fill('admin')
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('navigation').first().waitFor()
}

/** Nothing is being loaded. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(
    () =>
      document.querySelector('.main') !== null &&
      document.querySelector('[aria-busy="true"]') === null &&
      document.fonts.status === 'loaded',
  )
}
