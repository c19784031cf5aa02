import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { ActTarget, RunRef } from '@/lib/acts'
import { sendAll } from '@/lib/bulk'
import { datesIn } from '@/lib/dates'
import { DRAWN_NOW } from '@/testing/builders'
import { answer, resetFake } from '@/testing/fake/server'
import { askAll } from './api/ask'
import { endOf, previewOf } from './preview'
import { clearRequests, markRequests, markRunRequests, type ClearOptions } from './requests'
import { summaryWords, targetName } from './words'

const OPTIONS: ClearOptions = {
  downstream: true,
  upstream: false,
  past: false,
  future: false,
  which: 'all',
  latest: false,
  note: ' late files ',
}
const ALONE = { downstream: false, upstream: false, past: false, future: false }
const part = (taskId: string, mapIndex: number | null = null, runId = 'r/1') => ({
  dagId: 'orders',
  runId,
  tasks: [{ taskId, mapIndex }],
})
const aRun = (over: Partial<RunRef> = {}): RunRef => ({
  dagId: 'orders',
  runId: 'r/1',
  runAfter: DRAWN_NOW,
  state: 'running',
  counts: {},
  ...over,
})

describe('requests', () => {
  it('clear tasks as the server wants it, the note only when it is meant', () => {
    const target: ActTarget = { kind: 'tasks', parts: [part('load', 37)] }
    const [dry] = clearRequests(target, OPTIONS, true)
    expect(dry?.url).toBe('/api/v2/dags/orders/clearTaskInstances')
    expect(dry?.body).toEqual({
      dry_run: true,
      dag_run_id: 'r/1',
      task_ids: [['load', 37]],
      only_failed: false,
      include_downstream: true,
      include_upstream: false,
      include_past: false,
      include_future: false,
      reset_dag_runs: true,
      run_on_latest_version: false,
    })
    expect(clearRequests(target, OPTIONS, false)[0]?.body).toMatchObject({ dry_run: false, note: 'late files' })
  })

  it('clear runs, mark tasks and mark runs', () => {
    const [clear] = clearRequests({ kind: 'runs', runs: [aRun()] }, { ...OPTIONS, which: 'new', latest: true }, true)
    expect(clear?.url).toBe('/api/v2/dags/orders/dagRuns/r%2F1/clear')
    expect(clear?.body).toEqual({ dry_run: true, only_failed: false, only_new: true, run_on_latest_version: true })
    const marks = markRequests([part('a.load', 3), part('b')], 'skipped', ALONE, true)
    expect(marks.map((one) => one.url)).toEqual([
      '/api/v2/dags/orders/dagRuns/r%2F1/taskInstances/a.load/3/dry_run',
      '/api/v2/dags/orders/dagRuns/r%2F1/taskInstances/b/dry_run',
    ])
    expect(markRunRequests([aRun()], 'failed')[0]).toMatchObject({ method: 'PATCH', body: { state: 'failed' } })
  })
})

describe('the preview', () => {
  it('counts an instance once, running ones apart, worst tasks first', () => {
    const one = (task_id: string, state: 'failed' | 'running' | null, map_index = -1, dag_run_id = 'r1') => ({
      dag_id: 'orders',
      dag_run_id,
      task_id,
      map_index,
      state,
    })
    const preview = previewOf([
      one('report', null),
      one('load', 'failed', 0),
      one('load', 'running', 1),
      one('load', 'running', 1),
      one('report', null, -1, 'r2'),
    ])
    expect(preview).toMatchObject({ instances: 4, runs: 2, running: 1 })
    expect(preview.lines.map((line) => [line.taskId, line.state, line.instances, line.runs])).toEqual([
      ['load', 'failed', 2, 1],
      ['report', 'none', 2, 2],
    ])
    expect(summaryWords(preview)).toBe('4 task instances in 2 runs, 1 of them running')
  })

  it('says what the end of a run does', () => {
    const runs = [aRun({ counts: { running: 2, deferred: 1, none: 4, success: 9 } }), aRun({ counts: { queued: 1 } })]
    expect(endOf(runs)).toEqual({ active: 3, pending: 5 })
  })

  it.each([
    [{ kind: 'tasks', parts: [part('a.load', 37)] }, 'load [37]'],
    [{ kind: 'tasks', parts: [part('load'), part('load', null, 'r2')] }, 'load in 2 runs'],
    [{ kind: 'tasks', parts: [{ ...part('a'), tasks: [...part('a').tasks, ...part('b').tasks] }] }, '2 tasks'],
    [{ kind: 'runs', runs: [aRun()] }, 'run Thu 19 Nov, 09:42'],
    [{ kind: 'runs', runs: [aRun(), aRun()] }, '2 runs'],
  ] as [ActTarget, string][])('names %j', (target, name) => {
    vi.spyOn(Date, 'now').mockReturnValue(DRAWN_NOW)
    expect(targetName(target, datesIn('utc'))).toBe(name)
  })
})

describe('with the fake server', () => {
  const runId = () => {
    const page = answer('GET', '/ui/dags/finance_gl_reconcile/grid', undefined).body as { runs: { run_id: string }[] }
    return page.runs.at(-1)?.run_id ?? ''
  }
  beforeEach(() => {
    resetFake(DRAWN_NOW)
    vi.stubGlobal('fetch', (url: string, init: RequestInit = {}) => {
      const { status, body } = answer(
        init.method ?? 'GET',
        url,
        typeof init.body === 'string' ? JSON.parse(init.body) : undefined,
      )
      return Promise.resolve(new Response(body === undefined ? null : JSON.stringify(body), { status }))
    })
  })

  it('asks without a change and then clears what it told', async () => {
    const target: ActTarget = {
      kind: 'tasks',
      parts: [{ dagId: 'finance_gl_reconcile', runId: runId(), tasks: [{ taskId: 'load', mapIndex: null }] }],
    }
    const asked = await askAll(clearRequests(target, OPTIONS, true), new AbortController().signal)
    expect(asked[0]?.instances.map((one) => one.task_id)).toEqual(['load', 'report'])
    const cells = () =>
      (answer('GET', '/ui/dags/finance_gl_reconcile/grid', undefined).body as { runs: { cells: string[] }[] }).runs.at(
        -1,
      )?.cells
    expect(cells()).toEqual(['success', 'success', 'failed'])
    await sendAll(clearRequests(target, OPTIONS, false), () => undefined)
    expect(cells()).toEqual(['success', 'none', 'none'])
  })

  it('goes on after a failure and tells which it was, in order', async () => {
    const steps: number[] = []
    const gone = aRun({ dagId: 'finance_gl_reconcile', runId: 'gone' })
    const there = aRun({ dagId: 'finance_gl_reconcile', runId: runId() })
    const { done, failed } = await sendAll(
      markRunRequests([gone, there, { ...gone, runId: 'gone 2' }], 'success'),
      (n) => steps.push(n),
    )
    expect(done.map((one) => one.name)).toEqual([there.runId])
    expect(failed.map((one) => one.request.name)).toEqual(['gone', 'gone 2'])
    expect(failed[0]?.message).toContain('was not found')
    expect(steps).toEqual([1, 2, 3])
  })

  it('sends one after the other where the order counts', async () => {
    const underWay: number[] = []
    let now = 0
    vi.stubGlobal('fetch', async () => {
      now += 1
      underWay.push(now)
      await Promise.resolve()
      now -= 1
      return new Response('{}', { status: 200 })
    })
    const requests = markRequests([part('a'), part('b'), part('c')], 'failed', ALONE, false)
    const { done } = await sendAll(requests, () => undefined, 1)
    expect([done.map((one) => one.name), underWay]).toEqual([
      ['a', 'b', 'c'],
      [1, 1, 1],
    ])
  })
})
