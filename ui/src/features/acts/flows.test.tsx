import { afterEach, describe, expect, it, vi } from 'vitest'
import { answer, resetFake } from '@/testing/fake/server'
import { DRAWN_NOW } from '@/testing/builders'
import { button, byLabel, find, showApp, type Shown } from '@/testing/show'

const DAG = 'finance_gl_reconcile'
let app: Shown
const popover = () => find('.pop.act')
const changes = () => find('.act-changes').textContent
const runs = () =>
  (
    answer('GET', `/ui/dags/${DAG}/grid`, undefined).body as {
      runs: { run_id: string; state: string; cells: string[] }[]
    }
  ).runs
const last = () => {
  const run = runs().at(-1)
  if (!run) throw new Error('no run')
  return run
}
const runPath = (tab: string) => {
  resetFake(DRAWN_NOW)
  return `/dags/${DAG}/runs/${encodeURIComponent(last().run_id)}/${tab}`
}

describe('acts', { timeout: 20_000 }, () => {
  afterEach(async () => {
    await app.stop()
    vi.unstubAllGlobals()
  })

  it('shows what a clear will change, asks again as options change, and clears', async () => {
    app = await showApp(runPath('details'))
    await app.until(() => button('Clear'))
    await app.press('c')
    await app.until(() => expect(changes()).toContain('3 task instances in 1 run'))
    await app.click(button('Only failed'))
    await app.until(() => expect(changes()).toContain('1 task instance in 1 run'))
    await app.type(find('.act-note textarea'), 'after the fix')
    await app.press('Enter', { ctrlKey: true })
    await app.until(() => expect(document.querySelector('.pop.act')).toBeNull())
    expect(app.sent.at(-1)?.body).toMatchObject({ dry_run: false, only_failed: true, note: 'after the fix' })
    expect(last()).toMatchObject({ state: 'queued', cells: ['success', 'success', 'none'] })
    await app.until(() => expect(document.body.textContent).toContain('after the fix'))
  })

  it('keeps what was typed when the server refuses, in its words', async () => {
    app = await showApp(runPath('details'), {
      refuse: (_, url, body) =>
        url.endsWith('/clear') && !(body as { dry_run: boolean }).dry_run
          ? { status: 409, detail: 'The scheduler is busy' }
          : null,
    })
    await app.until(() => button('Clear'))
    await app.click(button('Clear'))
    await app.until(() => expect(changes()).toContain('3 task instances'))
    await app.type(find('.act-note textarea'), 'kept')
    await app.press('Enter', { ctrlKey: true })
    await app.until(() => expect(find('.act-failed').textContent).toBe('The scheduler is busy'))
    expect(find('.act-note textarea')).toHaveProperty('value', 'kept')
    await app.press('Escape')
    expect(document.activeElement).toBe(button('Clear'))
  })

  it('marks a task of the list and says when there is nothing to mark', async () => {
    app = await showApp(`${runPath('tasks')}?task=report`)
    await app.until(() => find('.list'))
    await app.press('m')
    await app.until(() => expect(changes()).toContain('1 task instance in 1 run'))
    expect(popover().getAttribute('aria-label')).toBe('Mark report')
    await app.click(button('Failed', popover()))
    await app.until(() => expect(changes()).toContain('Nothing to mark'))
    await app.click(button('Success', popover()))
    await app.until(() => expect(button('Mark 1').disabled).toBe(false))
    await app.click(button('Mark 1'))
    await app.until(() => expect(last().cells).toEqual(['success', 'success', 'success']))
  })

  it('selects runs, deletes them and stays with the list', async () => {
    app = await showApp(`/dags/${DAG}/runs`)
    await app.until(() => expect(find('.hints').textContent).toContain('of 14'))
    const before = runs().length
    await app.press('j')
    await app.press('x')
    await app.press('ArrowDown', { shiftKey: true })
    await app.until(() => expect(find('.select-bar').textContent).toContain('2 runs selected'))
    await app.click(button('Delete'))
    await app.until(() => expect(changes()).toContain('2 runs with 6 task instances'))
    await app.click(button('Delete 2'))
    await app.until(() => expect(runs()).toHaveLength(before - 2))
    await app.until(() => expect(document.querySelector('.select-bar')).toBeNull())
  })

  it('edits a note in place and takes it back', async () => {
    app = await showApp(runPath('details'))
    await app.until(() => button('Add a note'))
    await app.click(button('Add a note'))
    await app.type(byLabel('Note'), 'watch this one')
    await app.press('Enter', { ctrlKey: true })
    await app.until(() => expect(find('.note .doc').textContent).toBe('watch this one'))
    await app.press('z', { ctrlKey: true })
    await app.until(() => button('Add a note'))
  })

  it('pauses the selected DAGs, and keeps the one that failed selected with the reason', async () => {
    app = await showApp('/dags?tag=ml', {
      refuse: (method, url) =>
        method === 'PATCH' && url.endsWith('ml_churn_train') ? { status: 503, detail: 'Not now' } : null,
    })
    await app.until(() => expect(find('.hints').textContent).toContain('of 4'))
    await app.press('j')
    await app.press('x')
    for (let i = 0; i < 3; i += 1) await app.press('ArrowDown', { shiftKey: true })
    await app.until(() => expect(find('.select-bar').textContent).toContain('4 DAGs selected'))
    await app.click(button('Pause', find('.select-bar')))
    await app.until(() => expect(find('.select-bar').textContent).toContain('1 of 4 not done; ml_churn_train: Not now'))
    expect(find('.select-bar').textContent).toContain('1 DAG selected')
    await app.press('z', { ctrlKey: true })
    await app.until(() => expect(app.sent.filter((one) => one.method === 'PATCH')).toHaveLength(7))
  })

  it('keeps favourites and saved views for this user', async () => {
    app = await showApp('/dags?tag=ml')
    await app.until(() => expect(find('.hints').textContent).toContain('of 4'))
    await app.press('j')
    await app.press('s')
    await app.click(button('Save view'))
    await app.type(byLabel('Name of the view'), 'Models')
    await app.click(button('Save', find('.name-form')))
    await app.until(() => expect(find('.view-tabs .tab.on').textContent).toBe('Models4'))
    await app.press('4')
    await app.until(() => expect(window.location.search).toContain('view=favourites'))
    await app.until(() => expect(find('.hints').textContent).toContain('1–1 of 1'))
  })

  it('acknowledges a failure, and takes it back', async () => {
    app = await showApp('/')
    const names = () => [...document.querySelectorAll('.home-att .name')].map((one) => one.textContent)
    await app.until(() => expect(names()[2]).toBe('pricing_competitor_crawl'))
    await app.press('j')
    await app.press('j')
    await app.press('e')
    await app.until(() => expect(names()).not.toContain('pricing_competitor_crawl'))
    expect(find('.home-att').textContent).toContain('1 acknowledged')
    expect(find('.home-att li.sel .name').textContent).toBe('partner_sftp_ingest')
    await app.press('z', { ctrlKey: true })
    await app.until(() => expect(names()[2]).toBe('pricing_competitor_crawl'))
  })

  it('offers nothing to who may only look', async () => {
    app = await showApp(runPath('details'), { role: 'viewer' })
    await app.until(() => expect(document.body.textContent).toContain('No note.'))
    const names = [...document.querySelectorAll('button')].map((one) => one.textContent)
    expect(names.filter((name) => /Clear|Mark|Stop|note/.test(name))).toEqual([])
    await app.press('c')
    expect(document.querySelector('.pop')).toBeNull()
    expect(answer('POST', `/api/v2/dags/${DAG}/clearTaskInstances`, {}).status).toBe(403)
  })
})
