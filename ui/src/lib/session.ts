import { queryOptions, useQuery } from '@tanstack/react-query'
import type { Nav, Role, Session } from '@/api/contract'
import { getJson } from './http'

export const sessionQuery = () =>
  queryOptions({
    queryKey: ['session'],
    queryFn: ({ signal }) => getJson<Session>('/ui/session', signal),
    staleTime: Infinity,
    gcTime: Infinity,
  })

export const navQuery = () =>
  queryOptions({
    queryKey: ['nav'],
    queryFn: ({ signal }) => getJson<Nav>('/ui/nav', signal),
  })

const ROLES: Role[] = ['viewer', 'user', 'op', 'admin']

/** Whether a role may do what asks for at least the other. The server decides; this only leaves out what it would refuse. */
export function isAllowed(role: Role, least: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(least)
}

/** Whether who is logged in may do what asks for at least this role; false until that is known. */
export function useMay(least: Role): boolean {
  const session = useQuery(sessionQuery()).data
  return session !== undefined && isAllowed(session.role, least)
}
