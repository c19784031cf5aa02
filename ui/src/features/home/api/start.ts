import { queryOptions } from '@tanstack/react-query'
import type { Start } from '@/api/contract'
import { getJson } from '@/lib/http'

/** The event stream does not tell how far the interpreter is. */
const WARMING_UP_POLL_MS = 1_000

export const startQuery = () =>
  queryOptions({
    queryKey: ['start'],
    queryFn: ({ signal }) => getJson<Start>('/ui/start', signal),
    refetchInterval: (query) => (query.state.data?.python.state === 'starting' ? WARMING_UP_POLL_MS : false),
  })
