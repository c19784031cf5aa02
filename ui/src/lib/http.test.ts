import { afterEach, describe, expect, it, vi } from 'vitest'
import { ApiError, getJson, path, sendJson, setUnauthorizedHandler, withQuery } from './http'

const answer = (status: number, body: unknown) =>
  vi.stubGlobal(
    'fetch',
    vi.fn(() => Promise.resolve(new Response(body === undefined ? null : JSON.stringify(body), { status }))),
  )
afterEach(() => vi.unstubAllGlobals())

async function refusal(promise: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await promise.catch((caught: unknown) => caught)
  if (!(error instanceof ApiError)) throw new Error('it was not refused')
  return error
}

describe('the fetcher', () => {
  it('encodes every inserted value as one segment', () => {
    expect(path`/ui/dags/${'a/b c'}/runs/${'manual__2026-11-19T09:42:18+00:00'}`).toBe(
      '/ui/dags/a%2Fb%20c/runs/manual__2026-11-19T09%3A42%3A18%2B00%3A00',
    )
    expect(withQuery('/ui/dags', { q: 'a&b', tag: null, cursor: undefined, view: '', limit: 10 })).toBe(
      '/ui/dags?q=a%26b&limit=10',
    )
  })

  it('marks what changes something, and only that', async () => {
    answer(200, {})
    await getJson('/ui/nav')
    await sendJson('PATCH', '/api/v2/dags/a', { is_paused: true })
    const [[, read], [, change]] = vi.mocked(fetch).mock.calls as [[string, RequestInit], [string, RequestInit]]
    expect(read.headers).toBeUndefined()
    expect(change).toMatchObject({
      method: 'PATCH',
      body: '{"is_paused":true}',
      headers: { 'X-Tradewind': '1', 'Content-Type': 'application/json' },
    })
  })

  it('reads both shapes of a problem', async () => {
    answer(404, { detail: 'No such DAG' })
    expect(await refusal(getJson('/ui/dags/x'))).toMatchObject({ status: 404, message: 'No such DAG' })
    answer(422, { detail: [{ loc: ['body', 'conf'], msg: 'must be an object', type: 'x' }] })
    expect(await refusal(getJson('/x'))).toMatchObject({
      message: 'body.conf: must be an object',
      fields: [{ path: 'body.conf', message: 'must be an object' }],
    })
  })

  it('says so when nobody answers', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('failed')))
    expect(await refusal(getJson('/x'))).toMatchObject({ status: 0 })
  })

  it('leads to the log-in page when the session is over, but not when it is asked for', async () => {
    const gone = vi.fn()
    setUnauthorizedHandler(gone)
    answer(401, { detail: 'no' })
    await refusal(getJson('/ui/session'))
    expect(gone).not.toHaveBeenCalled()
    await refusal(getJson('/ui/nav'))
    expect(gone).toHaveBeenCalledOnce()
  })
})
