// A real browser, logged in.

import { type Browser, type BrowserContextOptions, type Locator, type Page, chromium } from 'playwright-core'

import { PASSWORD, type Server } from './server'

const OPTIONS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking']
/** Shorter than a test may take, so that what fails names what it waited for. */
const PATIENCE_MS = 20_000
export const SIZE = { width: 1440, height: 900 }

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: OPTIONS })
}

/** A page of its own, with everything that went wrong in it collected in `errors`. */
export async function open(
  browser: Browser,
  look: BrowserContextOptions = {},
): Promise<{ page: Page; errors: string[] }> {
  const context = await browser.newContext({
    viewport: SIZE,
    colorScheme: 'light',
    timezoneId: 'UTC',
    locale: 'en-GB',
    ...look,
  })
  context.setDefaultTimeout(PATIENCE_MS)
  const page = await context.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('console', (message) => {
    // Whoever has not logged in yet is told so with this status.
    if (message.type() === 'error' && !message.text().includes('401'))
      errors.push(`${message.text()} ${message.location().url}`)
  })
  return { page, errors }
}

export async function logIn(
  page: Page,
  server: Pick<Server, 'url'>,
  password = PASSWORD,
  user = 'admin',
): Promise<void> {
  await page.goto(`${server.url}/`)
  await page.getByLabel('User name').fill(user)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('navigation').first().waitFor()
}

/** Nothing is being loaded, and nothing fades in; what turns while something runs goes on. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(
    () =>
      document.querySelector('.main') !== null &&
      document.querySelector('[aria-busy="true"]') === null &&
      document.fonts.status === 'loaded' &&
      document.getAnimations().every((one) => one.effect?.getComputedTiming().iterations === Infinity),
  )
}

/** Notes that the document was loaded again, if it is. */
export async function watchReload(page: Page): Promise<() => Promise<boolean>> {
  await page.evaluate(() => document.documentElement.setAttribute('data-first', 'yes'))
  return async () => (await page.locator('html').getAttribute('data-first')) !== 'yes'
}

/** Rows of a list that say all of this. */
export const row = (page: Page, ...words: RegExp[]): Locator =>
  words.reduce((found, word) => found.filter({ hasText: word }), page.getByRole('row'))
