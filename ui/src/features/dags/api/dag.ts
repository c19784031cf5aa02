import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import type {
  DagHead,
  Graph,
  Grid,
  RunState,
  RunType,
  StructureChanges,
  VersionList,
  VersionSource,
} from '@/api/contract'
import { getJson, path, withQuery } from '@/lib/http'

export const dagQuery = (dagId: string) =>
  queryOptions({
    queryKey: ['dag', dagId, 'head'],
    queryFn: ({ signal }) => getJson<DagHead>(path`/ui/dags/${dagId}`, signal),
  })

export interface GridFilter {
  runs: number
  run_type: RunType | null
  state: RunState | null
}

/** Runs from the newest; a further page is older. */
export const gridQuery = (dagId: string, filter: GridFilter) =>
  infiniteQueryOptions({
    queryKey: ['dag', dagId, 'grid', filter],
    queryFn: ({ signal, pageParam }) =>
      getJson<Grid>(withQuery(path`/ui/dags/${dagId}/grid`, { ...filter, before: pageParam }), signal),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => (page.has_older ? (page.runs[0]?.run_after ?? null) : null),
    placeholderData: keepPreviousData,
  })

export const graphQuery = (dagId: string, runId: string | null) =>
  queryOptions({
    queryKey: ['dag', dagId, 'graph', runId],
    queryFn: ({ signal }) => getJson<Graph>(withQuery(path`/ui/dags/${dagId}/graph`, { run_id: runId }), signal),
    placeholderData: keepPreviousData,
  })

export const versionsQuery = (dagId: string) =>
  queryOptions({
    queryKey: ['dag', dagId, 'versions'],
    queryFn: ({ signal }) => getJson<VersionList>(path`/ui/dags/${dagId}/versions`, signal),
  })

/** A version never changes; the key keeps it out of what changes touch. */
/** What a version does otherwise than the one before it. */
export const versionChangesQuery = (dagId: string, number: number) =>
  queryOptions({
    queryKey: ['dag-version', dagId, number, 'changes'],
    queryFn: ({ signal }) => getJson<StructureChanges>(path`/ui/dags/${dagId}/versions/${number}/changes`, signal),
    staleTime: Infinity,
  })

export const versionQuery = (dagId: string, number: number) =>
  queryOptions({
    queryKey: ['dag-version', dagId, number],
    queryFn: ({ signal }) => getJson<VersionSource>(path`/ui/dags/${dagId}/versions/${number}`, signal),
    staleTime: Infinity,
  })
