import { afterEach, describe, expect, it, vi } from 'vitest'
import { refusedOf, sendTrigger } from './send'

const request = { dag_run_id: 'mine', logical_date: null, conf: {} }
const RUN = { dag_run_id: 'mine' }

/** Answers in turn; null is no answer. Notes what was asked. */
function server(...answers: ([status: number, body: unknown] | null)[]): string[] {
  const asked: string[] = []
  vi.stubGlobal('fetch', (_: string, init: RequestInit = {}) => {
    asked.push(init.method ?? 'GET')
    const next = answers[asked.length - 1]
    if (!next) return Promise.reject(new TypeError('offline'))
    return Promise.resolve(new Response(JSON.stringify(next[1]), { status: next[0] }))
  })
  return asked
}

afterEach(() => vi.unstubAllGlobals())

describe('sending', () => {
  it('creates a run', async () => {
    const asked = server([200, RUN])
    expect(await sendTrigger('orders', request, [], false)).toEqual({ kind: 'created', runId: 'mine' })
    expect(asked).toEqual(['POST'])
  })

  it.each([
    [null, 'The server cannot be reached'],
    [[503, { detail: 'No scheduler is running' }] as [number, unknown], 'No scheduler is running'],
  ])('does not know without an answer', async (answer, message) => {
    server(answer)
    expect(await sendTrigger('orders', request, [], false)).toEqual({ kind: 'lost', message })
  })

  it('asks for the run before it sends again', async () => {
    expect(server([200, RUN])).toEqual([])
    expect(await sendTrigger('orders', request, [], true)).toEqual({ kind: 'created', runId: 'mine' })
    const asked = server([404, { detail: 'no run' }], [200, RUN])
    expect(await sendTrigger('orders', request, [], true)).toMatchObject({ kind: 'created' })
    expect(asked).toEqual(['GET', 'POST'])
  })

  it('takes a run that came into being in between for its own', async () => {
    const asked = server([404, { detail: 'no run' }], [409, { detail: 'exists' }], [200, RUN])
    expect(await sendTrigger('orders', request, [], true)).toEqual({ kind: 'created', runId: 'mine' })
    expect(asked).toEqual(['GET', 'POST', 'GET'])
  })

  it('a conflict at the first attempt is somebody else', async () => {
    server([409, { detail: 'exists' }])
    expect(await sendTrigger('orders', request, [], false)).toMatchObject({ kind: 'refused', general: 'exists' })
  })
})

describe('a refusal', () => {
  const none = { params: {}, runId: null, date: null, general: null }
  it.each([
    [
      { status: 400, message: 'Invalid input for param hours: 240 is more than the maximum', fields: [] },
      { ...none, params: { hours: '240 is more than the maximum' } },
    ],
    [
      { status: 400, message: 'Invalid input for param a: b: "x" is bad', fields: [] },
      { ...none, params: { 'a: b': '"x" is bad' } },
    ],
    [
      { status: 400, message: 'Invalid input for param other: x', fields: [] },
      { ...none, general: 'Invalid input for param other: x' },
    ],
    [
      {
        status: 422,
        message: '',
        fields: [
          { path: 'body.conf.hours', message: 'bad' },
          { path: 'body.dag_run_id', message: 'taken' },
          { path: 'body.logical_date', message: 'no date' },
          { path: 'body.note', message: 'long' },
        ],
      },
      { params: { hours: 'bad' }, runId: 'taken', date: 'no date', general: 'body.note: long' },
    ],
  ])('goes where it belongs', (error, refused) => expect(refusedOf(error, ['hours', 'a: b'])).toEqual(refused))
})
