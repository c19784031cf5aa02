import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { ActTarget } from '@/lib/acts'
import type { Request } from '@/lib/bulk'
import { askAll, type Asked } from './api/ask'

export interface Previewed {
  asked: Asked[] | undefined
  /** It is the answer to other options. */
  old: boolean
  error: Error | null
}

/** What the requests would change, asked again when they change and when the server says that something did. */
export function usePreview(target: ActTarget, requests: Request[]): Previewed {
  const query = useQuery({
    queryKey: [...placeOf(target), 'preview', requests.map(({ url, body }) => [url, body])],
    queryFn: ({ signal }) => askAll(requests, signal),
    placeholderData: keepPreviousData,
    enabled: requests.length > 0,
    staleTime: 0,
    gcTime: 0,
    retry: false,
  })
  return { asked: query.data, old: query.isPlaceholderData, error: query.error }
}

/** The head of the key says to lib/live.ts which changes make the answer old. */
function placeOf(target: ActTarget): string[] {
  const dags = dagsOf(target)
  return dags.length === 1 ? ['dag', dags[0] ?? ''] : ['runs']
}

export function dagsOf(target: ActTarget): string[] {
  return [...new Set((target.kind === 'tasks' ? target.parts : target.runs).map((one) => one.dagId))]
}
