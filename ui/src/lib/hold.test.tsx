import { act, useRef } from 'react'
import { createRoot } from 'react-dom/client'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { useHold } from './hold'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function Held({ say }: { say: (what: string) => void }) {
  const own = useRef<HTMLDivElement>(null)
  useHold(
    own,
    (x, y) => say(`held ${String(x)} ${String(y)}`),
    () => say('end'),
  )
  return <div ref={own} onClick={() => say('click')} />
}

it('a finger that rests is told, one that moves or a mouse is not', () => {
  const said: string[] = []
  const place = document.body.appendChild(document.createElement('div'))
  const root = createRoot(place)
  act(() => root.render(<Held say={(what) => said.push(what)} />))
  const own = place.firstElementChild as HTMLElement
  const send = (type: string, x: number, pointerType = 'touch') =>
    own.dispatchEvent(new PointerEvent(type, { bubbles: true, clientX: x, clientY: 5, pointerType }))
  const click = () => own.dispatchEvent(new MouseEvent('click', { bubbles: true }))

  send('pointerdown', 10, 'mouse')
  vi.advanceTimersByTime(1_000)
  send('pointerdown', 10)
  send('pointermove', 30)
  vi.advanceTimersByTime(1_000)
  send('pointerdown', 10)
  send('pointerup', 10)
  vi.advanceTimersByTime(1_000)
  click()
  expect(said).toEqual(['click'])

  send('pointerdown', 10)
  send('pointermove', 12)
  vi.advanceTimersByTime(600)
  send('pointerup', 12)
  click()
  send('pointerdown', 40)
  send('pointerup', 40)
  click()
  expect(said).toEqual(['click', 'held 10 5', 'end', 'click'])
  act(() => root.unmount())
})
