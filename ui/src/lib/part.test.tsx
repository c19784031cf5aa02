import { act, Component, type ReactNode } from 'react'
import { createRoot } from 'react-dom/client'
import { expect, it, vi } from 'vitest'
import { part } from './part'

class Caught extends Component<{ children: ReactNode }, { said: string | null }> {
  override state: { said: string | null } = { said: null }
  static getDerivedStateFromError = (error: Error) => ({ said: error.message })
  override render() {
    return this.state.said ?? this.props.children
  }
}

async function shown(node: ReactNode): Promise<string | null> {
  const place = document.body.appendChild(document.createElement('div'))
  await act(async () => {
    createRoot(place).render(<Caught>{node}</Caught>)
    await Promise.resolve()
  })
  return place.textContent
}

it('stands in until it is loaded, once for all who show it', async () => {
  let arrive: ((found: { default: typeof Greeting }) => void) | undefined
  const Greeting = ({ name }: { name: string }) => <b>Hello {name}</b>
  const load = vi.fn(() => new Promise<{ default: typeof Greeting }>((done) => (arrive = done)))
  const Part = part(load, ({ name }) => `${name} waits`)
  const place = document.body.appendChild(document.createElement('div'))
  act(() => createRoot(place).render(<Part name="you" />))
  expect(place.textContent).toBe('you waits')
  await act(async () => {
    arrive?.({ default: Greeting })
    await Promise.resolve()
  })
  expect(place.textContent).toBe('Hello you')
  Part.preload()
  expect(await shown(<Part name="me" />)).toBe('Hello me')
  expect(load).toHaveBeenCalledOnce()
})

it('says what went wrong, and is tried again by the next one', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  const load = vi
    .fn<() => Promise<{ default: () => string }>>()
    .mockRejectedValueOnce(new Error('no such file'))
    .mockResolvedValue({ default: () => 'here' })
  const Part = part(load)
  expect(await shown(<Part />)).toBe('no such file')
  expect(await shown(<Part />)).toBe('here')
})
