import { QueryClient } from '@tanstack/react-query'
import { ApiError } from './http'

const READ_RETRIES_MAX = 2

/**
 * Keys begin with what a change names, so that lib/live.ts can tell what to read again:
 * `['dags', …]`, `['dag', dag_id, …]`, `['runs', …]`, `['run', dag_id, run_id, …]` (its task instances and logs too),
 * `['home']`, `['nav']`, `['pools', …]`, `['import-errors']`, `['start']`, `['session']`.
 * `['profile', …]` is named by no change: it is asked for again at its own pace.
 */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // The event stream says when something is old; a remount alone reads nothing again for this long.
        staleTime: 30_000,
        gcTime: 10 * 60_000,
        refetchOnWindowFocus: false,
        retry: (failures, error) => failures < READ_RETRIES_MAX && isWorthRetrying(error),
      },
      mutations: { retry: false },
    },
  })
}

/** A refusal will be the same the next time; silence and overload may not. */
export function isWorthRetrying(error: unknown): boolean {
  return !(error instanceof ApiError) || error.status === 0 || error.status === 429 || error.status >= 500
}
