import { queryOptions } from '@tanstack/react-query'
import type { UsedBy } from '@/api/contract'
import { getJson, withQuery } from '@/lib/http'

export type UsedByKind = 'connection' | 'variable'

/** DAGs whose files name it. */
export const usedByQuery = (kind: UsedByKind, id: string) =>
  queryOptions({
    queryKey: ['dags', 'used-by', kind, id],
    queryFn: ({ signal }) => getJson<UsedBy>(withQuery('/ui/used-by', { [kind]: id }), signal),
  })
