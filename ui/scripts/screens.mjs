// Every screen of a running server in both themes, with whatever data it has:
//   node scripts/screens.mjs --url http://localhost:8080 --password … [--out shots/screens] [--only dag-grid]
//     [--theme dark] [--width 500] [--print]
// Whatever a page complains about on the way is printed, and fails the command.
import { mkdirSync } from 'node:fs'
import { chromium } from 'playwright-core'

const args = process.argv.slice(2)
const option = (name, fallback) => (args.includes(`--${name}`) ? args[args.indexOf(`--${name}`) + 1] : fallback)
const base = option('url', 'http://localhost:8080')
const password = option('password', 'tradewind')
const folder = option('out', 'shots/screens')
const only = option('only')?.split(',')
const themes = option('theme') ? [option('theme')] : ['light', 'dark']
const DAG = option('dag', 'flights_etl')
const SIZE = { width: Number(option('width', '1440')), height: 900 }
const printed = args.includes('--print')
mkdirSync(folder, { recursive: true })

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
})
let failed = false
try {
  for (const theme of themes) await shoot(theme)
} finally {
  await browser.close()
}
process.exitCode = failed ? 1 : 0

async function shoot(theme) {
  const context = await browser.newContext({
    viewport: SIZE,
    colorScheme: theme,
    reducedMotion: 'reduce',
    locale: 'en-GB',
  })
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  page.on('pageerror', (error) => complain(page, String(error)))
  page.on('response', (answer) => answer.status() >= 400 && complain(page, `${answer.status()} ${answer.url()}`))
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('401')) complain(page, message.text())
  })
  await page.goto(`${base}/login`)
  await page.getByLabel('User name').waitFor()
  await save(page, 'login', theme)
  await page.getByLabel('User name').fill('admin')
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('navigation').first().waitFor()
  if (printed) await page.emulateMedia({ media: 'print' })
  for (const [name, path, act] of await screens(page)) {
    if (only && !only.includes(name)) continue
    try {
      await page.goto(base + path)
      await settled(page)
      if (act) {
        await act(page)
        await settled(page)
      }
      await save(page, name, theme)
    } catch (error) {
      complain(page, `${name}: ${String(error)}`)
      await save(page, name, theme)
    }
  }
  await context.close()
}

/** The site map with places that this server has. */
async function screens(page) {
  const read = async (path) => (await page.request.get(base + path)).json()
  const runs = (await read('/ui/runs?limit=100')).runs
  const newest = (wanted) => runs.find(wanted) ?? runs[0]
  const good = newest((run) => run.dag_id === DAG && run.state === 'success')
  const bad = newest((run) => run.state === 'failed')
  const run = (one, rest) => `/dags/${encodeURIComponent(one.dag_id)}/runs/${encodeURIComponent(one.run_id)}/${rest}`
  const timeline = (one) => `/ui/runs/${encodeURIComponent(one.dag_id)}/${encodeURIComponent(one.run_id)}/timeline`
  const taskIn = async (one, state) => {
    const { tree, rows } = await read(timeline(one))
    const row = rows.find(({ node, cell }) => cell === state && tree[node].kind === 'task')
    return encodeURIComponent(tree[(row ?? rows.at(-1)).node].id)
  }
  const goodTask = await taskIn(good, 'success')
  const badTask = await taskIn(bad, 'failed')
  return [
    ['home', '/'],
    ['dags', '/dags'],
    ['dag-grid', `/dags/${DAG}/grid`],
    ['dag-grid-panel', `/dags/${DAG}/grid?run=${encodeURIComponent(good.run_id)}&task=${goodTask}`],
    ['dag-graph', `/dags/${DAG}/graph`],
    ['dag-timeline', `/dags/${DAG}/timeline`],
    ['dag-runs', `/dags/${DAG}/runs`],
    ['dag-code', `/dags/${DAG}/code`],
    ['dag-details', `/dags/${DAG}/details`],
    ['run-timeline', run(good, 'timeline')],
    ['run-tasks', run(good, 'tasks')],
    ['run-graph', run(good, 'graph')],
    ['run-events', run(good, 'events')],
    ['run-details', run(good, 'details')],
    ['failed-run', run(bad, 'timeline')],
    ['task', run(good, `tasks/${goodTask}`)],
    ['failed-task', run(bad, `tasks/${badTask}`)],
    ['trigger', `/dags/${DAG}/grid`, dialog('t')],
    ['palette', '/', dialog('Control+k')],
    ['runs', '/runs'],
    ['import-errors', '/import-errors'],
    ['pools', '/pools'],
    ['connections', '/connections'],
    ['variables', '/variables'],
    ['audit-log', '/audit-log'],
    ['system', '/system'],
    ['clear', run(bad, `tasks/${badTask}`), dialog('c')],
    ['mark', run(bad, `tasks/${badTask}`), dialog('m')],
    ['keys', '/dags', dialog('?')],
  ]
}

/** What a key opens over the screen. */
function dialog(key) {
  return async (page) => {
    await page.keyboard.press(key)
    await page.getByRole('dialog').waitFor()
  }
}

/** Nothing is being loaded, and fonts are there. */
async function settled(page) {
  await page.waitForSelector('.main')
  await page.waitForFunction(
    () => document.querySelector('[aria-busy="true"]') === null && document.fonts.status === 'loaded',
  )
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
}

async function save(page, name, theme) {
  const file = `${folder}/${name}${theme === 'dark' ? '-dark' : ''}.png`
  await page.screenshot({ path: file })
  console.log(file)
}

function complain(page, text) {
  failed = true
  console.error(`${page.url()}: ${text}`)
}
