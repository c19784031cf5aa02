import { act } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { vi } from 'vitest'
import type { Role } from '@/api/contract'
import { Providers } from '@/app/Providers'
import { Routes } from '@/app/router'
import { startKeys } from '@/lib/keys'
import { DRAWN_NOW } from './builders'
import { answer, resetFake, setFakeRole } from './fake/server'

/** The whole app over the fake server, at an address. `stop` ends it. */
export interface Shown {
  /** What was asked with another method than GET, newest last. */
  sent: { method: string; url: string; body: unknown }[]
  press: (key: string, more?: KeyboardEventInit) => Promise<void>
  click: (element: Element | null | undefined) => Promise<void>
  type: (field: Element | null | undefined, value: string) => Promise<void>
  /** Waits until it holds. */
  until: (check: () => void) => Promise<void>
  stop: () => Promise<void>
}

interface Refused {
  status: number
  detail: string
}

const WAIT = { timeout: 5_000 }

/** Renders what a step changed before the next one; in between, answers arrive as they do in a browser. */
async function inAct(step: () => unknown): Promise<void> {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true)
  await act(async () => {
    await step()
  })
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', false)
}

/** `refuse` answers in place of the fake server where it does not return null. */
export async function showApp(
  path: string,
  {
    refuse = () => null,
    role = 'admin',
  }: { refuse?: (method: string, url: string, body: unknown) => Refused | null; role?: Role } = {},
): Promise<Shown> {
  // The clock of the fake server is that of the page: a run that goes on has begun before now.
  vi.spyOn(Date, 'now').mockReturnValue(DRAWN_NOW)
  resetFake(DRAWN_NOW)
  setFakeRole(role)
  const sent: Shown['sent'] = []
  vi.stubGlobal('fetch', (url: string, init: RequestInit = {}) => {
    const method = init.method ?? 'GET'
    const body: unknown = typeof init.body === 'string' ? JSON.parse(init.body) : undefined
    if (method !== 'GET') sent.push({ method, url, body })
    const no = refuse(method, url, body)
    const { status, body: found } = no ? { status: no.status, body: { detail: no.detail } } : answer(method, url, body)
    return Promise.resolve(new Response(found === undefined ? null : JSON.stringify(found), { status }))
  })
  vi.stubGlobal(
    'EventSource',
    class extends EventTarget {
      close() {
        this.dispatchEvent(new Event('closed'))
      }
    },
  )
  window.history.replaceState(null, '', path)
  document.body.innerHTML = '<div id="root"></div>'
  const root: Root = createRoot(document.getElementById('root') ?? document.body)
  const stopKeys = startKeys()
  await inAct(() =>
    root.render(
      <Providers>
        <Routes />
      </Providers>,
    ),
  )
  return {
    sent,
    press: (key, more = {}) =>
      inAct(() => {
        const target = document.activeElement ?? document.body
        target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }))
      }),
    click: (element) =>
      inAct(() => {
        if (!(element instanceof HTMLElement)) throw new Error('nothing to click')
        // A browser moves the focus before the click.
        element.focus()
        element.click()
      }),
    type: (field, value) =>
      inAct(() => {
        const kind = field instanceof HTMLTextAreaElement ? HTMLTextAreaElement : HTMLInputElement
        Object.getOwnPropertyDescriptor(kind.prototype, 'value')?.set?.call(field, value)
        field?.dispatchEvent(new Event('input', { bubbles: true }))
      }),
    until: (check) => vi.waitFor(check, WAIT),
    stop: async () => {
      await inAct(() => root.unmount())
      stopKeys()
    },
  }
}

export const find = (selector: string): Element => {
  const found = document.querySelector(selector)
  if (found === null) throw new Error(`${selector} is not there`)
  return found
}

export const byLabel = (label: string) => find(`[aria-label="${label}"]`)

export function button(name: string, within: ParentNode = document): HTMLButtonElement {
  const found = [...within.querySelectorAll('button')].find((one) => one.textContent.startsWith(name))
  if (!found) throw new Error(`no button ${name}`)
  return found
}
