import { infiniteQueryOptions, keepPreviousData } from '@tanstack/react-query'
import type { DagPage } from '@/api/contract'
import { getJson, withQuery } from '@/lib/http'
import type { DagFilter } from '../model'

const PAGE_ROWS = 200

export const dagListQuery = (filter: DagFilter) =>
  infiniteQueryOptions({
    queryKey: ['dags', filter],
    queryFn: ({ signal, pageParam }) =>
      getJson<DagPage>(withQuery('/ui/dags', { ...filter, limit: PAGE_ROWS, cursor: pageParam }), signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
  })
