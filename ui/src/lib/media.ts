import { useCallback, useSyncExternalStore } from 'react'

/** Whether a media query holds, followed as the window changes. */
export function useMedia(query: string): boolean {
  const subscribe = useCallback(
    (listener: () => void) => {
      const list = matchMedia(query)
      list.addEventListener('change', listener)
      return () => list.removeEventListener('change', listener)
    },
    [query],
  )
  return useSyncExternalStore(subscribe, () => matchMedia(query).matches)
}

/** How much room there is across (DESIGN 6): a phone, a tablet or half a screen, or more. */
export type Room = 'small' | 'middle' | 'wide'

export function useRoom(): Room {
  const isSmall = useMedia('(max-width: 599px)')
  const isNarrow = useMedia('(max-width: 899px)')
  return isSmall ? 'small' : isNarrow ? 'middle' : 'wide'
}
