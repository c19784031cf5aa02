// Screenshots of screens with the fake API:
//   npm run shot -- /dags [/more…] [--theme dark] [--size 1440x900] [--keys "j j Enter"] [--dist] [--out shots]
// --dist takes the build with the server's content-security policy instead of the sources.
import { mkdirSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { createServer, preview } from 'vite'

const args = process.argv.slice(2)
const option = (name, fallback) => (args.includes(`--${name}`) ? args[args.indexOf(`--${name}`) + 1] : fallback)
const paths = args.filter((arg, i) => arg.startsWith('/') && !['--out', '--name'].includes(args[i - 1]))
const [width, height] = option('size', '1440x900').split('x').map(Number)
const themes = option('theme', 'both') === 'both' ? ['light', 'dark'] : [option('theme')]
const folder = option('out', 'shots')
mkdirSync(folder, { recursive: true })

const inline = { mode: 'fake', logLevel: 'warn' }
const server = args.includes('--dist')
  ? await preview({ ...inline, preview: { port: 0 } })
  : await (await createServer({ ...inline, server: { port: 0, hmr: false } })).listen()
const base = server.resolvedUrls.local[0]
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
})
let failed = false
try {
  for (const theme of themes) {
    const context = await browser.newContext({
      viewport: { width, height },
      colorScheme: theme,
      reducedMotion: 'reduce',
      timezoneId: 'UTC',
      locale: 'en-GB',
    })
    for (const path of paths) {
      const page = await context.newPage()
      const complain = (text) => {
        failed = true
        console.error(`${path}: ${text}`)
      }
      page.on('pageerror', (error) => complain(String(error)))
      page.on('console', (message) => message.type() === 'error' && complain(message.text()))
      await page.goto(new URL(path, base).href)
      await page.waitForSelector('.main, .login form')
      await page.waitForFunction(
        () => document.querySelector('[aria-busy="true"]') === null && document.fonts.status === 'loaded',
        undefined,
        { timeout: 10_000 },
      )
      for (const key of option('keys', '').split(' ').filter(Boolean)) {
        await page.keyboard.press(key)
        await page.waitForTimeout(200)
      }
      await page.waitForTimeout(400)
      const file = `${folder}/${
        (option('name') ??
          path
            .split('?')[0]
            .replaceAll(/[^\w]+/g, '-')
            .replace(/^-/, '')) ||
        'root'
      }${theme === 'dark' ? '-dark' : ''}.png`
      await page.screenshot({ path: file })
      console.log(file)
      await page.close()
    }
    await context.close()
  }
} finally {
  await browser.close()
  await server.close()
}
process.exitCode = failed ? 1 : 0
