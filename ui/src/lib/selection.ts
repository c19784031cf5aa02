import { useCallback, useMemo, useState } from 'react'

export interface Selection {
  keys: ReadonlySet<string>
  /** One more or one less; what follows by Shift extends from here. */
  toggle: (key: string) => void
  /** Everything between the last one toggled and this one, in the order shown. */
  extendTo: (key: string) => void
  /** Without these. */
  drop: (keys: readonly string[]) => void
  clear: () => void
}

/** Which rows of a list are selected, by key. Rows that are no longer shown do not count. */
export function useSelection(shown: readonly string[]): Selection {
  const [state, setState] = useState<{ keys: ReadonlySet<string>; last: string | null }>({ keys: NONE, last: null })
  const keys = useMemo(() => {
    if (state.keys.size === 0) return NONE
    return new Set(shown.filter((key) => state.keys.has(key)))
  }, [state.keys, shown])
  const toggle = useCallback((key: string) => setState((now) => ({ keys: toggled(now.keys, key), last: key })), [])
  const drop = useCallback(
    (gone: readonly string[]) =>
      setState((now) => ({ ...now, keys: new Set([...now.keys].filter((key) => !gone.includes(key))) })),
    [],
  )
  const clear = useCallback(() => setState({ keys: NONE, last: null }), [])
  const extendTo = (key: string) =>
    setState((now) => ({
      keys: new Set([...now.keys, ...between(shown, now.last ?? key, key)]),
      last: now.last ?? key,
    }))
  return { keys, toggle, extendTo, drop, clear }
}

const NONE: ReadonlySet<string> = new Set()

function toggled(keys: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const next = new Set(keys)
  if (!next.delete(key)) next.add(key)
  return next
}

/** From one to the other, both included, whichever comes first. */
export function between(shown: readonly string[], one: string, other: string): string[] {
  const a = shown.indexOf(one)
  const b = shown.indexOf(other)
  if (a < 0 || b < 0) return b < 0 ? [] : [other]
  return shown.slice(Math.min(a, b), Math.max(a, b) + 1)
}
