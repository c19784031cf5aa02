import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { launch, logIn, open, row, settled, watchReload } from './browser'
import { Server } from './server'

let server: Server
let browser: Browser

beforeAll(async () => {
  ;[server, browser] = await Promise.all([Server.start('acts.py', 'stories.py'), launch()])
  await server.hasDag('mends')
})
afterAll(async () => {
  await browser.close()
  await server.end()
})

const inRun = (dagId: string, runId: string, tab: string) =>
  `${server.url}/dags/${dagId}/runs/${encodeURIComponent(runId)}/${tab}`

/** A page at this address that tells at the end that it was well and never loaded again. */
async function at(address: string, act: (page: Page) => Promise<void>): Promise<void> {
  const { page, errors } = await open(browser)
  await logIn(page, server)
  await page.goto(address)
  await settled(page)
  const reloaded = await watchReload(page)
  await act(page)
  expect(await reloaded()).toBe(false)
  expect(errors).toEqual([])
  await page.context().close()
}

/** The popover of an act, when it says what will change. */
async function popover(page: Page, name: RegExp, changes: RegExp): Promise<Locator> {
  const dialog = page.getByRole('dialog', { name })
  await dialog.locator('.act-changes').getByText(changes).waitFor()
  return dialog
}

const state = (page: Page, label: RegExp) => page.locator('.top .pill').filter({ hasText: label })

test('a failed task is cleared with what follows it, and its tries stand side by side', async () => {
  const runId = await server.run('mends', 'failed')
  await at(inRun('mends', runId, 'tasks'), async (page) => {
    await row(page, /Failed/, /mend/).click()
    const panel = page.getByRole('complementary', { name: 'Task instance' })
    await panel.getByRole('button', { name: /^Clear/ }).waitFor()
    await page.keyboard.press('c')
    const dialog = await popover(page, /^Clear mend/, /2 task instances in 1 run/)
    const lines = await dialog.getByRole('listitem').allTextContents()
    expect(lines.map((line) => /(mend|late|early)/.exec(line)?.[0]).sort()).toEqual(['late', 'mend'])
    server.write('mended', '')
    await dialog.getByRole('button', { name: 'Clear 2' }).click()
    await page.getByText('2 task instances cleared').waitFor()
    await row(page, /Success/, /late/).waitFor()
    await state(page, /Success/).waitFor()
    await row(page, /Success/, /mend/)
      .getByRole('link')
      .click()
    await state(page, /Success, try 2/).waitFor()
    await page.getByText('mended at last').first().waitFor()
    const tries = page.getByRole('tablist', { name: 'Attempts' })
    await tries.getByRole('tab', { name: /Try 2.*Success/ }).waitFor()
    await tries.getByRole('tab', { name: /Try 1/ }).click()
    await page.locator('.log-line').getByText('ValueError: not mended yet').waitFor()
    await page.keyboard.press('2')
    await page.getByText('mended at last').first().waitFor()
  })
})

test('a failed task is marked as success, and the run goes on', async () => {
  const runId = await server.run('fails', 'failed')
  await at(inRun('fails', runId, 'tasks/bad'), async (page) => {
    await page.keyboard.press('m')
    const dialog = await popover(page, /^Mark bad/, /1 task instance in 1 run/)
    await dialog.getByText('Failed tasks after them are cleared and go on.').waitFor()
    await dialog.getByRole('button', { name: 'Mark 1' }).click()
    await page.getByText('1 task instance marked success').waitFor()
    await state(page, /Success/).waitFor()
    await page.locator('.crumb').getByRole('link').nth(1).click()
    await state(page, /Success/).waitFor()
    await page.getByRole('link', { name: /^Tasks/ }).click()
    await row(page, /Success/, /after/).waitFor()
  })
})

test('a run is marked as failed', async () => {
  const runId = await server.run('quick', 'success')
  await at(inRun('quick', runId, 'timeline'), async (page) => {
    await page.getByRole('button', { name: 'More acts' }).click()
    await page.getByRole('menuitem', { name: /Mark as/ }).click()
    const dialog = await popover(page, /^Mark run/, /already success/)
    await dialog.getByRole('button', { name: 'Failed' }).click()
    await popover(page, /^Mark run/, /1 run marked failed/)
    await popover(page, /^Mark run/, /No task instance changes/)
    await page.keyboard.press('Control+Enter')
    await page.getByText('1 run marked failed').waitFor()
    await state(page, /Failed/).waitFor()
  })
})

test('a running run is stopped', async () => {
  const runId = await server.run('holds', 'running')
  await at(inRun('holds', runId, 'tasks'), async (page) => {
    await row(page, /Running/, /hold/).waitFor()
    await page.getByRole('button', { name: /^Stop/ }).click()
    const dialog = await popover(page, /^Stop run/, /1 run marked failed/)
    await dialog.getByText('1 running, stopped and marked failed').waitFor()
    await dialog.getByText('1 not begun or waiting, skipped').waitFor()
    await dialog.getByRole('button', { name: /^Stop/ }).click()
    await page.getByText('1 run stopped').waitFor()
    await state(page, /Failed/).waitFor()
    await row(page, /Failed/, /hold/).waitFor()
    await row(page, /Skipped/, /release/).waitFor()
    await page.getByRole('button', { name: /^Stop/ }).waitFor({ state: 'detached' })
  })
})

test.each([
  ['run', () => 'details'],
  ['task instance', () => 'tasks/only'],
])('a note on a %s is written, read again and taken back', async (_of, tab) => {
  const runId = await server.run('quick', 'success')
  await at(inRun('quick', runId, tab()), async (page) => {
    await page.getByRole('button', { name: 'Add a note' }).click()
    await page.keyboard.type('seen by a person')
    await page.keyboard.press('Control+Enter')
    await page.getByText('Note saved').waitFor()
    const note = page.locator('p.doc').filter({ hasText: 'seen by a person' })
    await note.waitFor()
    await page.keyboard.press('Control+z')
    await note.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Add a note' }).waitFor()
  })
})

test('a run is deleted from the list', async () => {
  const runId = await server.run('quick', 'success')
  await at(`${server.url}/runs?dag=quick&sel=${encodeURIComponent(`quick\n${runId}`)}`, async (page) => {
    const mine = page.getByRole('row').filter({ has: page.locator(`[title="${runId}"]`) })
    await mine.getByRole('checkbox').click()
    await page.getByRole('toolbar').getByRole('button', { name: 'Delete' }).click()
    const dialog = await popover(page, /^Delete run/, /1 run with 1 task instance/)
    await dialog.getByText('This cannot be undone.').waitFor()
    await dialog.getByRole('button', { name: 'Delete' }).click()
    await page.getByText('1 run deleted').waitFor()
    await mine.waitFor({ state: 'detached' })
    await page.getByRole('toolbar').waitFor({ state: 'detached' })
  })
})

test('a run is deleted from its own page', async () => {
  const runId = await server.run('quick', 'success')
  await at(inRun('quick', runId, 'timeline'), async (page) => {
    await page.getByRole('button', { name: 'More acts' }).click()
    await page.getByRole('menuitem', { name: /Delete/ }).click()
    const dialog = await popover(page, /^Delete run/, /1 run with 1 task instance/)
    await dialog.getByRole('button', { name: 'Delete' }).click()
    await page.getByText('1 run deleted').waitFor()
    await page.waitForURL(/\/dags\/quick\/runs$/)
    await settled(page)
    await page.locator(`[title="${runId}"]`).waitFor({ state: 'detached' })
  })
})

test('the data of a DAG goes when its file is gone', async () => {
  server.write(
    'leaves.py',
    'from airflow.sdk import DAG, task\n\nwith DAG("leaves", schedule=None):\n\n    @task\n    def leaf():\n        pass\n\n    leaf()\n',
  )
  await server.run('leaves', 'success')
  server.remove('leaves.py')
  await at(`${server.url}/dags/leaves/runs`, async (page) => {
    await page.getByRole('button', { name: 'More about the DAG' }).click()
    await page.getByRole('menuitem', { name: /Delete the data/ }).click()
    const dialog = await popover(page, /^Delete leaves/, /1 run and all their task instances/)
    await dialog.getByRole('button', { name: 'Delete' }).click()
    await page.getByText('The data of leaves is deleted').waitFor()
    await page.waitForURL(/\/dags$/)
    await row(page, /quick/).waitFor()
    await row(page, /leaves/).waitFor({ state: 'detached' })
  })
})
