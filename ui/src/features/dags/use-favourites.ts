import { useQueries, type UseQueryResult } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { DagHead, DagRow } from '@/api/contract'
import { dagQuery } from './api/dag'
import { fits, type DagFilter } from './model'

/** The rows of the favourites: asked one by one, as the server does not know which they are. */
export function useFavouriteRows(
  favourites: ReadonlySet<string>,
  filter: DagFilter,
): { rows: DagRow[]; isLoading: boolean } {
  const ids = filter.view === 'favourites' ? [...favourites] : []
  const { heads, isLoading } = useQueries({ queries: ids.map(dagQuery), combine })
  const rows = useMemo(() => {
    const found = heads.filter((row) => fits(row, filter))
    if (filter.sort === '-last_run')
      found.sort((a, b) => (b.last_runs.at(-1)?.run_after ?? 0) - (a.last_runs.at(-1)?.run_after ?? 0))
    return found
    // The filter is made anew with each render.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [heads, filter.q, filter.tag, filter.owner, filter.sort])
  return { rows, isLoading }
}

/** One that is gone (its DAG was deleted) is left out. */
function combine(results: UseQueryResult<DagHead>[]) {
  return {
    heads: results.flatMap((one) => one.data ?? []),
    isLoading: results.some((one) => one.isPending && one.fetchStatus !== 'idle'),
  }
}
