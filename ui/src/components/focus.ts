import type { KeyboardEvent } from 'react'

const FOCUSABLE =
  'a[href], button:not(:disabled), input:not(:disabled), select, textarea, [tabindex]:not([tabindex="-1"])'

/** Tab goes round inside; Escape is the way out. */
export function keepFocusInside(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== 'Tab') return
  const inside = [...event.currentTarget.querySelectorAll<HTMLElement>(FOCUSABLE)]
  const edge = event.shiftKey ? inside[0] : inside.at(-1)
  if (document.activeElement !== edge && document.activeElement !== event.currentTarget) return
  const target = event.shiftKey ? inside.at(-1) : inside[0]
  event.preventDefault()
  target?.focus()
}
