import { act } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { keyCaps, singleKeys, startKeys, useKeys, type Shortcut } from './keys'

vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true)

function Keys({ shortcuts, exclusive = false }: { shortcuts: Shortcut[]; exclusive?: boolean }) {
  useKeys(shortcuts, { exclusive })
  return null
}

describe('keys', () => {
  let root: Root
  let stop: () => void
  const run = vi.fn()
  const press = (key: string, more: KeyboardEventInit = {}, target: EventTarget = document.body) =>
    target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }))
  const shortcut = (keys: string[], name: string, over: Partial<Shortcut> = {}): Shortcut => ({
    keys,
    label: name,
    run: (key) => void run(name, key),
    ...over,
  })
  const show = (content: React.ReactNode) => act(() => root.render(content))

  beforeEach(() => {
    run.mockClear()
    document.body.innerHTML = '<div id="app"></div><input id="field"><button id="button"></button>'
    root = createRoot(document.getElementById('app') ?? document.body)
    stop = startKeys()
  })
  afterEach(() => {
    act(() => root.unmount())
    stop()
    singleKeys.set(true)
  })

  it('answer alone, with Shift, with Ctrl and in sequence', () => {
    show(
      <Keys
        shortcuts={[
          shortcut(['j'], 'down'),
          shortcut(['Shift+n'], 'previous'),
          shortcut(['Ctrl+k'], 'palette'),
          shortcut(['g d'], 'dags'),
          shortcut(['d'], 'diff'),
        ]}
      />,
    )
    press('j')
    press('N', { shiftKey: true })
    press('k', { metaKey: true })
    press('g')
    press('d')
    press('d')
    expect(run.mock.calls.map(([name]) => name as string)).toEqual(['down', 'previous', 'palette', 'dags', 'diff'])
  })

  it('are off in a field, unless made for it, and leave Enter to a focused button', () => {
    show(
      <Keys
        shortcuts={[
          shortcut(['j'], 'down'),
          shortcut(['Enter'], 'open'),
          shortcut(['Escape'], 'close', { inFields: true }),
        ]}
      />,
    )
    const field = document.getElementById('field') ?? document.body
    press('j', {}, field)
    press('Enter', {}, document.getElementById('button') ?? document.body)
    expect(run).not.toHaveBeenCalled()
    press('Escape', {}, field)
    expect(run).toHaveBeenCalledWith('close', 'Escape')
  })

  it('go to what was registered last, and to nothing below a dialog', () => {
    show(
      <>
        <Keys shortcuts={[shortcut(['x'], 'below'), shortcut(['y'], 'hidden')]} />
        <Keys shortcuts={[shortcut(['x'], 'above')]} exclusive />
      </>,
    )
    press('x')
    press('y')
    expect(run.mock.calls).toEqual([['above', 'x']])
  })

  it('can be switched off when single', () => {
    show(<Keys shortcuts={[shortcut(['x'], 'single'), shortcut(['Ctrl+x'], 'held')]} />)
    singleKeys.set(false)
    press('x')
    press('x', { ctrlKey: true })
    expect(run.mock.calls).toEqual([['held', 'Ctrl+x']])
  })

  it('have caps', () => {
    expect(keyCaps(shortcut(['g d', 'ArrowUp'], ''))).toEqual(['G', 'D', '↑'])
    expect(keyCaps(shortcut(['Ctrl+k'], ''))).toEqual(['Ctrl', 'K'])
  })
})
