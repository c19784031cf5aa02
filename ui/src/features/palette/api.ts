import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import type { DagHead, SearchResult } from '@/api/contract'
import { getJson, path, withQuery } from '@/lib/http'

export interface Found extends SearchResult {
  /** How long the answer took, in ms. */ took: number
}

/** Hits of an older text stay until the new ones are there; an answer that comes late belongs to its own text. */
export const searchQuery = (q: string) =>
  queryOptions({
    queryKey: ['search', q],
    queryFn: async ({ signal }): Promise<Found> => {
      const began = performance.now()
      const found = await getJson<SearchResult>(withQuery('/ui/search', { q }), signal)
      return { ...found, took: performance.now() - began }
    },
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 10_000,
  })

/** The same answer as the screens of a DAG have under this key. */
export const dagHeadQuery = (dagId: string) =>
  queryOptions({
    queryKey: ['dag', dagId, 'head'],
    queryFn: ({ signal }) => getJson<DagHead>(path`/ui/dags/${dagId}`, signal),
  })
