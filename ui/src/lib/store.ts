import { useSyncExternalStore } from 'react'

/** A value outside React that components can follow. */
export interface Store<T> {
  get: () => T
  set: (next: T) => void
  subscribe: (listener: () => void) => () => void
}

export function createStore<T>(initial: T): Store<T> {
  let value = initial
  const listeners = new Set<() => void>()
  return {
    get: () => value,
    set: (next) => {
      if (Object.is(value, next)) return
      value = next
      for (const listener of listeners) listener()
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** A store that survives reloads. A value that `accepts` refuses (older release, edited by hand) counts as absent. */
export function createKept<T>(name: string, initial: T, accepts: (value: unknown) => value is T): Store<T> {
  const key = `tradewind.${name}`
  const store = createStore(read())
  return {
    ...store,
    set: (next) => {
      try {
        localStorage.setItem(key, JSON.stringify(next))
      } catch {
        // Storage is off or full: the choice holds for this page only.
      }
      store.set(next)
    },
  }

  function read(): T {
    try {
      const value: unknown = JSON.parse(localStorage.getItem(key) ?? 'null')
      return accepts(value) ? value : initial
    } catch {
      return initial
    }
  }
}

export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.get)
}

export function oneOf<T extends string>(...allowed: T[]): (value: unknown) => value is T {
  return (value): value is T => allowed.some((one) => one === value)
}
