import { QueryClient } from '@tanstack/react-query'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Change } from '@/api/contract'
import { isAffected, liveStatus, LiveStream, oldestVersion } from './live'

const change = (over: Partial<Change>): Change => ({
  version: 1,
  runs: [],
  task_runs: [],
  dags: [],
  import_errors: false,
  pools: false,
  many: false,
  ...over,
})

describe('what a change makes old', () => {
  const taskRun = change({ task_runs: [{ dag_id: 'a', run_id: 'r1' }] })
  it.each([
    [taskRun, ['run', 'a', 'r1', 'timeline'], true],
    [taskRun, ['run', 'a', 'r2', 'timeline'], false],
    [taskRun, ['dag', 'a', 'grid'], true],
    [taskRun, ['dag', 'b', 'grid'], false],
    [taskRun, ['dags', {}], false],
    [change({ runs: [{ dag_id: 'a', run_id: 'r1', state: 'failed' }] }), ['dags', {}], true],
    [change({ many: true }), ['run', 'z', 'r'], true],
    [change({ import_errors: true }), ['nav'], true],
    [change({ import_errors: true }), ['runs'], false],
    [change({ many: true }), ['dag-version', 'a', 1], false],
  ] as const)('%j and %j: %s', (what, key, old) => expect(isAffected(what, key)).toBe(old))
})

class FakeSource extends EventTarget {
  static all: FakeSource[] = []
  closed = false
  readonly url: string
  constructor(url: string) {
    super()
    this.url = url
    FakeSource.all.push(this)
  }
  close() {
    this.closed = true
  }
  say(type: string, data?: unknown) {
    this.dispatchEvent(data === undefined ? new Event(type) : new MessageEvent(type, { data: JSON.stringify(data) }))
  }
}

describe('the stream', () => {
  let client: QueryClient
  let stream: LiveStream
  const newest = () => FakeSource.all.at(-1)
  beforeEach(() => {
    vi.useFakeTimers()
    vi.stubGlobal('EventSource', FakeSource)
    vi.stubGlobal(
      'fetch',
      vi.fn(() => Promise.resolve(new Response('{}'))),
    )
    FakeSource.all = []
    client = new QueryClient()
    client.setQueryData(['nav'], { version: 7 })
    client.setQueryData(['dags', {}], { pages: [{ version: 5 }] })
    stream = new LiveStream(client)
    stream.start()
  })
  afterEach(() => {
    stream.stop()
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  it('begins at the oldest snapshot, pages too', () => {
    expect(oldestVersion(client)).toBe(5)
    expect(newest()?.url).toBe('/ui/events?since=5')
  })

  it('reads again once for many changes of a frame', async () => {
    const invalidate = vi.spyOn(client, 'invalidateQueries')
    for (let version = 8; version < 20; version += 1) newest()?.say('change', change({ version, dags: ['a'] }))
    await vi.advanceTimersByTimeAsync(100)
    expect(invalidate).toHaveBeenCalledOnce()
    expect(client.getQueryState(['nav'])?.isInvalidated).toBe(true)
  })

  it('reads again what says itself that a change touches it', async () => {
    const read = (queryKey: string[], touched: string) =>
      client.query({
        queryKey,
        queryFn: () => touched,
        meta: { touchedBy: (what, data) => what.dags.some((id) => id === data) },
      })
    await read(['run', 'a', 'r', 'mine'], 'b')
    await read(['run', 'a', 'r', 'other'], 'c')
    newest()?.say('change', change({ version: 8, dags: ['b'] }))
    await vi.advanceTimersByTimeAsync(100)
    expect(client.getQueryState(['run', 'a', 'r', 'mine'])?.isInvalidated).toBe(true)
    expect(client.getQueryState(['run', 'a', 'r', 'other'])?.isInvalidated).toBe(false)
  })

  it('reads what arrives during a round in the next one', async () => {
    const invalidate = vi.spyOn(client, 'invalidateQueries')
    newest()?.say('change', change({ version: 8, dags: ['a'] }))
    await vi.advanceTimersByTimeAsync(50)
    newest()?.say('change', change({ version: 9, dags: ['a'] }))
    await vi.advanceTimersByTimeAsync(1_000)
    expect(invalidate).toHaveBeenCalledTimes(2)
  })

  it('goes on after what it heard last when the connection is lost', async () => {
    newest()?.say('open')
    expect(liveStatus.get().state).toBe('live')
    newest()?.say('change', change({ version: 42 }))
    newest()?.say('error')
    expect(liveStatus.get().state).toBe('reconnecting')
    await vi.advanceTimersByTimeAsync(1_500)
    expect(FakeSource.all).toHaveLength(2)
    expect(newest()?.url).toBe('/ui/events?since=42')
  })

  it('reads everything but the session again after a reset', async () => {
    client.setQueryData(['session'], { username: 'a' })
    newest()?.say('reset', { version: 90 })
    await vi.advanceTimersByTimeAsync(100)
    expect(client.getQueryState(['dags', {}])?.isInvalidated).toBe(true)
    expect(client.getQueryState(['session'])?.isInvalidated).toBe(false)
  })

  it('stops after a minute out of sight and comes back', async () => {
    const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true)
    document.dispatchEvent(new Event('visibilitychange'))
    await vi.advanceTimersByTimeAsync(59_000)
    expect(newest()?.closed).toBe(false)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(newest()?.closed).toBe(true)
    hidden.mockReturnValue(false)
    document.dispatchEvent(new Event('visibilitychange'))
    expect(FakeSource.all).toHaveLength(2)
  })

  it('is paused and resumed by the user', () => {
    stream.togglePause()
    expect([liveStatus.get().state, newest()?.closed]).toEqual(['paused', true])
    stream.togglePause()
    expect(FakeSource.all).toHaveLength(2)
  })
})
