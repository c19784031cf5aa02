import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { launch, logIn, open, row, settled } from './browser'
import { PASSWORD, Server, eventually } from './server'

let server: Server
let browser: Browser
let failed = ''

beforeAll(async () => {
  ;[server, browser] = await Promise.all([Server.start('stories.py'), launch()])
  failed = await server.run('fails', 'failed')
  await server.addAccount('vera', 'viewer')
})
afterAll(async () => {
  await browser.close()
  await server.end()
})

const ACTS = /^(Clear|Mark as|Stop|Delete|Trigger|Pause|Resume|Add a note|Edit the note|More acts|More about the DAG)/

async function offersNoAct(page: Page): Promise<void> {
  for (const role of ['button', 'checkbox', 'menuitem'] as const)
    expect(await page.getByRole(role, { name: ACTS }).count(), `${role}s of ${page.url()}`).toBe(0)
  expect(await page.getByRole('checkbox').count()).toBe(0)
  expect(await page.locator('[role="switch"]:enabled').count()).toBe(0)
  for (const key of ['x', 'c', 'm', 't', 'p']) await page.keyboard.press(key)
  expect(await page.getByRole('dialog').count()).toBe(0)
  expect(await page.getByRole('toolbar').count()).toBe(0)
}

test('a viewer sees everything that ran and no act', async () => {
  const { page, errors } = await open(browser)
  await logIn(page, server, PASSWORD, 'vera')
  const run = `/dags/fails/runs/${encodeURIComponent(failed)}`
  const places: [place: string, words: RegExp][] = [
    ['/dags?sel=fails', /fails/],
    ['/runs', /fails/],
    ['/dags/fails/grid', /bad/],
    [`/dags/fails/grid?run=${encodeURIComponent(failed)}&task=bad`, /bad/],
    ['/dags/fails/timeline', /Timeline/],
    [`${run}/timeline`, /bad/],
    [`${run}/graph`, /Graph/],
    [`${run}/tasks?sel=bad`, /bad/],
    [`${run}/details`, /No note/],
    [`${run}/tasks/bad`, /the needle/],
  ]
  for (const [place, words] of places) {
    await page.goto(server.url + place)
    await settled(page)
    await page.locator('.main').getByText(words).first().waitFor()
    await offersNoAct(page)
  }
  expect((await server.api<{ is_paused: boolean }>('GET', '/dags/fails')).is_paused).toBe(false)
  expect(errors).toEqual([])
  await page.context().close()
})

test('what a viewer sends all the same is refused', async () => {
  const { page } = await open(browser)
  await logIn(page, server, PASSWORD, 'vera')
  const headers = { 'X-Tradewind': '1' }
  const url = `${server.url}/api/v2/dags/fails`
  const run = `${url}/dagRuns/${encodeURIComponent(failed)}`
  const answers = [
    await page.request.patch(url, { headers, data: { is_paused: true } }),
    await page.request.post(`${run}/clear`, { headers, data: { dry_run: false } }),
    await page.request.patch(run, { headers, data: { state: 'success' } }),
    await page.request.delete(run, { headers }),
    await page.request.delete(url, { headers }),
  ]
  expect(answers.map((answer) => answer.status())).toEqual([403, 403, 403, 403, 403])
  await page.context().close()
})

test('the palette leads operators to connections and variables, and viewers to none', async () => {
  server.write('uses.py', 'from airflow.sdk import DAG\n\nBOOKS = "books"\ndag = DAG("uses", schedule=None)\n')
  await server.hasDag('uses')
  const about = { conn_type: 'http', description: 'Where the ledger lies' }
  await server.api('POST', '/connections', { connection_id: 'books', ...about, password: 'hush' })
  await server.api('POST', '/connections', { connection_id: 'other', conn_type: 'http' })
  await server.api('POST', '/variables', { key: 'ledger_year', value: 'fails' })
  const option = (page: Page, name: RegExp) => page.getByRole('dialog').getByRole('option', { name })
  const search = async (page: Page, q: string) => {
    await page.keyboard.press('Control+k')
    await page.keyboard.type(q)
  }
  const { page, errors } = await open(browser)
  await logIn(page, server)
  await search(page, 'ledger')
  await option(page, /ledger_year/).waitFor()
  expect(
    await option(page, /books.*Where the ledger lies/)
      .locator('mark')
      .allTextContents(),
  ).toEqual(['ledger'])
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/connections\?name=books$/)
  await page.locator('[role="row"][aria-selected="true"]').filter({ hasText: 'books' }).waitFor()
  const users = page.getByRole('list', { name: 'Named in the files of' })
  await users.getByRole('link').first().waitFor()
  expect(await users.getByRole('link').allInnerTexts()).toEqual(['uses'])
  await search(page, 'ledger')
  await option(page, /ledger_year/).click()
  await page.waitForURL(/\/variables\?name=ledger_year$/)
  await page.locator('[role="row"][aria-selected="true"]').filter({ hasText: 'ledger_year' }).waitFor()
  await page.getByText('No DAG names it in its file.').waitFor()
  expect(errors).toEqual([])
  await page.context().close()

  const vera = (await open(browser)).page
  await logIn(vera, server, PASSWORD, 'vera')
  const answered = vera.waitForResponse((response) => response.url().endsWith('/ui/search?q=ledger'))
  await search(vera, 'ledger')
  expect(await (await answered).json()).toEqual({ hits: [], connections: [], variables: [] })
  await vera.getByText('Nothing is called “ledger”').waitFor()
  expect(await vera.getByRole('option').count()).toBe(0)
  await vera.context().close()
})

test('the audit log and the events of a run say what was done and by whom', async () => {
  const runId = await server.run('fails', 'failed')
  const { page, errors } = await open(browser)
  await logIn(page, server)
  await page.goto(`${server.url}/audit-log?dag=fails`)
  await settled(page)
  const path = `/dags/fails/dagRuns/${encodeURIComponent(runId)}`
  await server.api('PATCH', path, { state: 'success' })
  await row(page, /mark_dag_run/, /admin/, /fails/)
    .first()
    .waitFor()
  await server.api('POST', '/dags/fails/clearTaskInstances', { dag_run_id: runId, task_ids: ['bad'], dry_run: false })
  await row(page, /clear_task_instances/, /admin/, /fails/)
    .first()
    .waitFor()
  await eventually('it failed again', async () => {
    return (await server.api<{ state: string }>('GET', path)).state === 'failed'
  })
  await row(page, /clear_task_instances/)
    .first()
    .click()
  const panel = page.getByRole('complementary', { name: 'Entry' })
  await panel.getByText('admin').waitFor()
  await panel.getByRole('link', { name: runId }).click()
  await page.getByRole('link', { name: 'Events' }).click()
  await row(page, /mark_dag_run/, /admin/).waitFor()
  await row(page, /clear_task_instances/, /admin/).waitFor()
  await row(page, /dag_run_created/, /admin/).waitFor()
  await page.getByPlaceholder('Filter by event').fill('mark')
  await row(page, /clear_task_instances/).waitFor({ state: 'detached' })
  await row(page, /mark_dag_run/).waitFor()
  expect(errors).toEqual([])
  await page.context().close()
})
