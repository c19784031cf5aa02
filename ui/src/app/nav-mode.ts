import { useLocation } from 'wouter'
import { useMedia } from '@/lib/media'
import { createKept, oneOf, useStore } from '@/lib/store'

export type NavMode = 'side' | 'rail'

/** What the user chose; 'auto' is a rail inside a DAG and open elsewhere. */
const chosen = createKept<NavMode | 'auto'>('nav', 'auto', oneOf('side', 'rail', 'auto'))

export function useNavMode(): NavMode {
  const [location] = useLocation()
  const choice = useStore(chosen)
  const isWide = useMedia('(min-width: 1600px)')
  const isNarrow = useMedia('(max-width: 1199px)')
  return navMode(choice, location, isWide, isNarrow)
}

export function navMode(choice: NavMode | 'auto', location: string, isWide: boolean, isNarrow: boolean): NavMode {
  if (isNarrow) return 'rail'
  if (choice !== 'auto') return choice
  return !isWide && /^\/dags\/[^/]/.test(location) ? 'rail' : 'side'
}

export function setNavMode(mode: NavMode): void {
  chosen.set(mode)
}
