import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import type { Home } from '@/api/contract'
import { getJson, withQuery } from '@/lib/http'

export const SPANS = [6, 24, 168] as const
export type SpanHours = (typeof SPANS)[number]

export const homeQuery = (hours: SpanHours) =>
  queryOptions({
    queryKey: ['home', hours],
    queryFn: ({ signal }) => getJson<Home>(withQuery('/ui/home', { hours }), signal),
    placeholderData: keepPreviousData,
  })
