import { queryOptions } from '@tanstack/react-query'
import type { LogMatches } from '@/api/contract'
import { getJson } from '@/lib/http'
import type { Level } from '../model/level'
import { keyOf, logUrl, type LogSource } from './log'

const AGAIN_MS = 5_000

/** Line numbers of the whole log: of a text, of a level, or of both. A log that grows is searched again. */
export const searchQuery = (source: LogSource, complete: boolean, find: { q?: string; level?: Level }) =>
  queryOptions({
    queryKey: [...keyOf(source), 'search', find.q ?? '', find.level ?? '', complete],
    queryFn: ({ signal }) =>
      getJson<LogMatches>(logUrl(source, { q: find.q ?? '', level: find.level ?? '' }, '/search'), signal),
    staleTime: complete ? Infinity : 0,
    refetchInterval: complete ? false : AGAIN_MS,
    // Until the last search of a log that ended is answered, the one before it stands.
    placeholderData: (known: LogMatches | undefined, before) =>
      sameSearch(before?.queryKey, [...keyOf(source), 'search', find.q ?? '', find.level ?? '']) ? known : undefined,
  })

function sameSearch(key: readonly unknown[] | undefined, wanted: readonly unknown[]): boolean {
  return key !== undefined && wanted.every((part, i) => part === key[i])
}
