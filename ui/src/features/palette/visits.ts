import { createKept } from '@/lib/store'
import { withVisit, type Visit } from './model'

interface Kept {
  user: string
  visits: Visit[]
}

const isVisit = (value: unknown): value is Visit => {
  if (typeof value !== 'object' || value === null) return false
  const { kind, dagId, id, href } = value as Partial<Record<keyof Visit, unknown>>
  // Only addresses of this site: what is kept in the browser may have been changed by hand.
  return (
    (kind === 'dag' || kind === 'run' || kind === 'task') &&
    typeof dagId === 'string' &&
    typeof id === 'string' &&
    typeof href === 'string' &&
    href.startsWith('/dags/')
  )
}

const isKept = (value: unknown): value is Kept =>
  typeof value === 'object' &&
  value !== null &&
  'user' in value &&
  typeof value.user === 'string' &&
  'visits' in value &&
  Array.isArray(value.visits) &&
  value.visits.every(isVisit)

/** The last places, for who is logged in: the next person at this browser starts afresh. */
export const visited = createKept<Kept>('visited', { user: '', visits: [] }, isKept)

export function visitsOf(kept: Kept, user: string): Visit[] {
  return kept.user === user ? kept.visits : []
}

export function remember(user: string, visit: Visit): void {
  visited.set({ user, visits: withVisit(visitsOf(visited.get(), user), visit) })
}
