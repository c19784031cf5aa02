import { useEffect, useLayoutEffect, useRef } from 'react'
import { createKept, createStore, useStore } from './store'

export interface Shortcut {
  /**
   * What fires it: a character as typed (`j`, `?`, `[`), a name (`Enter`, `Escape`, `ArrowUp`, `Space`), with `Ctrl+`
   * (also Command) or `Shift+` before a name, or two characters in sequence (`g d`).
   */
  keys: string[]
  /** Empty: another entry shows this key, too. */
  label: string
  run: (key: string) => void
  /** Shown in the foot bar, in the order of registration. */
  foot?: boolean
  /** Key caps to show in place of `keys`. */
  show?: string[]
  /** Works also while a field has focus. */
  inFields?: boolean
}

interface Layer {
  shortcuts: Shortcut[]
  /** Nothing below answers: a dialog. */ exclusive: boolean
}

const SEQUENCE_MS = 1_000
const CAPS: Record<string, string> = {
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Enter: '↵',
  Escape: 'Esc',
  Space: 'Space',
}

const layers = createStore<Layer[]>([])
/** Who presses keys by accident can switch the single ones off; those with Ctrl, and Escape, stay. */
export const singleKeys = createKept<boolean>(
  'single-keys',
  true,
  (value): value is boolean => typeof value === 'boolean',
)

export function keyCaps(shortcut: Shortcut): string[] {
  return (
    shortcut.show ??
    shortcut.keys
      .flatMap((key) => key.split(/[ +]/))
      .map((key) => CAPS[key] ?? (key.length === 1 ? key.toUpperCase() : key))
  )
}

/** Answers these keys while the component is mounted. The newest registration of a key wins. */
export function useKeys(shortcuts: Shortcut[], options: { exclusive?: boolean; off?: boolean } = {}): void {
  const current = useRef(shortcuts)
  useLayoutEffect(() => {
    current.current = shortcuts
  })
  const { exclusive = false, off = false } = options
  const shape = shortcuts.map((one) => [one.keys.join(' '), one.label, one.foot, one.inFields].join('|')).join('\n')
  useEffect(() => {
    if (off) return
    const layer: Layer = {
      exclusive,
      shortcuts: current.current.map((one, i) => ({ ...one, run: (key) => current.current[i]?.run(key) })),
    }
    layers.set([...layers.get(), layer])
    return () => layers.set(layers.get().filter((one) => one !== layer))
  }, [shape, exclusive, off])
}

/** What answers now, most general first. */
export function useShortcuts(): Shortcut[] {
  return reachable(useStore(layers))
}

function reachable(all: Layer[]): Shortcut[] {
  const from = all.findLastIndex((layer) => layer.exclusive)
  const found = all.slice(Math.max(from, 0)).flatMap((layer) => layer.shortcuts)
  // What a newer registration answers in full is not there.
  return found.filter((one, i) => one.keys.some((key) => !found.slice(i + 1).some((later) => later.keys.includes(key))))
}

export function startKeys(): () => void {
  let first: { key: string; at: number } | null = null
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing || event.altKey) return
    const name = keyName(event)
    const candidates = reachable(layers.get()).filter((one) => allowed(one, name, event.target))
    const sequence = first && event.timeStamp - first.at < SEQUENCE_MS ? `${first.key} ${name}` : null
    first = null
    for (const wanted of [sequence, name]) {
      if (wanted === null) continue
      const hit = candidates.findLast((one) => one.keys.includes(wanted))
      if (hit) {
        event.preventDefault()
        hit.run(wanted)
        return
      }
    }
    if (candidates.some((one) => one.keys.some((key) => key.startsWith(`${name} `))))
      first = { key: name, at: event.timeStamp }
  }
  document.addEventListener('keydown', onKeyDown)
  return () => document.removeEventListener('keydown', onKeyDown)
}

function keyName(event: KeyboardEvent): string {
  const base = event.key === ' ' ? 'Space' : event.key
  if (event.ctrlKey || event.metaKey) return `Ctrl+${base.length === 1 ? base.toLowerCase() : base}`
  if (event.shiftKey && (base.length > 1 || /[A-Z]/.test(base)))
    return `Shift+${base.toLowerCase().length === 1 ? base.toLowerCase() : base}`
  return base
}

function allowed(shortcut: Shortcut, name: string, target: EventTarget | null): boolean {
  const always = name.startsWith('Ctrl+') || name === 'Escape'
  if (inField(target)) return shortcut.inFields === true
  // Enter and Space on a button or link are the button's.
  if (
    (name === 'Enter' || name === 'Space') &&
    target instanceof Element &&
    target.closest('button, a, summary, [role="tab"]')
  )
    return false
  return always || name.length > 1 || singleKeys.get()
}

function inField(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.closest('input:not([type=checkbox]), textarea, select, [contenteditable=true]') !== null
  )
}
