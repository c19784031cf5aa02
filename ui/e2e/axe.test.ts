import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { launch, logIn, open, settled } from './browser'
import { Server } from './server'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let server: Server
let browser: Browser
let run = ''

beforeAll(async () => {
  ;[server, browser] = await Promise.all([Server.start('stories.py'), launch()])
  server.write('broken.py', 'from airflow.sdk import nonsense\n')
  run = encodeURIComponent(await server.run('fails', 'failed'))
})
afterAll(async () => {
  await browser.close()
  await server.end()
})

interface Violation {
  id: string
  nodes: { html: string; failureSummary?: string }[]
}

/** What axe-core finds, each as one line. The page's policy lets no script in, so this one comes with the page's tools. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run: () => Promise<{ violations: Violation[] }> } }
    return (await axe.run()).violations
  })
  return found.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 400)}`))
}

const screens: [name: string, path: () => string, key?: string][] = [
  ['home', () => '/'],
  ['DAG list', () => '/dags'],
  ['grid', () => '/dags/fails/grid'],
  ['grid with panel', () => `/dags/fails/grid?run=${run}&task=bad`],
  ['graph', () => '/dags/fails/graph'],
  ['runs of a DAG', () => '/dags/fails/runs'],
  ['code', () => '/dags/fails/code'],
  ['details', () => '/dags/fails/details'],
  ['timeline', () => `/dags/fails/runs/${run}/timeline`],
  ['tasks', () => `/dags/fails/runs/${run}/tasks`],
  ['run details', () => `/dags/fails/runs/${run}/details`],
  ['task', () => `/dags/fails/runs/${run}/tasks/bad`],
  ['runs', () => '/runs'],
  ['import errors', () => '/import-errors'],
  ['pools', () => '/pools'],
  ['connections', () => '/connections'],
  ['new connection', () => '/connections?new=1'],
  ['variables', () => '/variables'],
  ['system', () => '/system'],
  ['trigger', () => '/dags/greets/grid', 't'],
  ['palette', () => '/', 'Control+k'],
  ['all keys', () => '/dags', '?'],
]

describe.each(['light', 'dark'] as const)('axe-core finds nothing in the %s theme', (theme) => {
  let page: Page
  beforeAll(async () => {
    page = (await open(browser, theme)).page
    await page.goto(server.url)
    await page.getByLabel('User name').waitFor()
    expect(await violations(page)).toEqual([])
    await logIn(page, server)
  })

  test.each(screens)('%s', async (_name, path, key) => {
    await page.goto(server.url + path())
    await settled(page)
    if (key !== undefined) {
      await page.keyboard.press(key)
      await page.getByRole('dialog').waitFor()
    }
    await settled(page)
    expect(await violations(page)).toEqual([])
  })
})
