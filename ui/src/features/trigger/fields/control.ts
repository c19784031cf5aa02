import { useState } from 'react'
import { isEqual } from '../json'
import type { Field } from '../schema'

/** What every control of a parameter gets. */
export interface ControlProps {
  field: Field
  value: unknown
  /** What was typed and is no value; then it is shown in place of the value. */
  broken: string | undefined
  onValue: (value: unknown) => void
  onBroken: (typed: string) => void
  id: string
  describedBy: string
  invalid: boolean
}

/** Keeps the text as typed (`1.`, spaces, line breaks) as long as it means the value; another value shows in its own text. */
export function useTyped(
  { value, broken, onValue, onBroken, field }: ControlProps,
  format: (value: unknown) => string,
  parse: (text: string) => { value: unknown } | null,
): [string, (text: string) => void] {
  const [typed, setTyped] = useState<string | null>(null)
  const means = typed === null ? null : parse(typed)
  const shown =
    broken ??
    (typed !== null && means !== null && isEqual(means.value, value)
      ? typed
      : value === null || value === undefined
        ? ''
        : format(value))
  const change = (text: string) => {
    setTyped(text)
    const read = parse(text)
    if (text.trim() === '') {
      if (field.nullable) onValue(null)
      else onBroken(text)
    } else if (read) onValue(read.value)
    else onBroken(text)
  }
  return [shown, change]
}

/** A number as JSON writes it. */
export function readNumber(text: string): { value: number } | null {
  const trimmed = text.trim()
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(trimmed)) return null
  const value = Number(trimmed)
  return Number.isFinite(value) ? { value } : null
}
