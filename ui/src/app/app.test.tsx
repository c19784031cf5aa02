import { act } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { DRAWN_NOW } from '@/testing/builders'
import { answer, resetFake } from '@/testing/fake/server'
import { safeNext } from './LoginPage'
import { navMode } from './nav-mode'
import { Providers } from './Providers'
import { Routes } from './router'

vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true)

it.each([
  ['/dags?q=a', '/dags?q=a'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['https://evil.example', '/'],
  [null, '/'],
])('after the log-in %s leads to %s', (next, to) => expect(safeNext(next)).toBe(to))

it.each([
  ['auto', '/dags', false, false, 'side'],
  ['auto', '/dags/a/grid', false, false, 'rail'],
  ['auto', '/dags/a/grid', true, false, 'side'],
  ['side', '/dags/a/grid', false, false, 'side'],
  ['side', '/dags', false, true, 'rail'],
] as const)('navigation chosen %s at %s', (choice, location, wide, narrow, mode) =>
  expect(navMode(choice, location, wide, narrow)).toBe(mode),
)

describe('the app', () => {
  let root: Root
  const settle = () =>
    act(() =>
      vi.waitFor(
        () => {
          if (document.querySelector('[aria-busy="true"]') !== null) throw new Error('still loading')
        },
        { timeout: 5_000 },
      ),
    )

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
    vi.stubGlobal(
      'EventSource',
      class extends EventTarget {
        close() {
          this.dispatchEvent(new Event('closed'))
        }
      },
    )
    document.body.innerHTML = '<div id="root"></div>'
    root = createRoot(document.getElementById('root') ?? document.body)
  })
  afterEach(() => act(() => root.unmount()))

  it('asks for a log-in when the session is over, and comes back', async () => {
    answer('DELETE', '/ui/session', undefined)
    window.history.replaceState(null, '', '/dags?view=failing')
    act(() =>
      root.render(
        <Providers>
          <Routes />
        </Providers>,
      ),
    )
    await settle()
    await act(() => vi.waitFor(() => expect(window.location.pathname).toBe('/login')))
    expect(window.location.search).toBe('?next=%2Fdags%3Fview%3Dfailing')

    const [user, password] = document.querySelectorAll('input')
    const type = (field: HTMLInputElement | undefined, value: string) => {
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set?.call(field, value)
      field?.dispatchEvent(new Event('input', { bubbles: true }))
    }
    act(() => {
      type(user, 'mara')
      type(password, 'secret')
    })
    act(
      () =>
        void document.querySelector('form')?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true })),
    )
    await act(() =>
      vi.waitFor(() => expect(window.location.pathname + window.location.search).toBe('/dags?view=failing')),
    )
  })

  it('says when an address leads nowhere', async () => {
    window.history.replaceState(null, '', '/nowhere')
    act(() =>
      root.render(
        <Providers>
          <Routes />
        </Providers>,
      ),
    )
    await settle()
    await act(() => vi.waitFor(() => expect(document.body.textContent).toContain('Nothing is here')))
  })
})
