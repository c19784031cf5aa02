import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { getJson, path, sendJson, withQuery } from '@/lib/http'
import type { Spec } from '../resources/spec'

/** The most that the server gives at once. */
const PAGE_ROWS = 100

export interface ResourcePage<T> {
  rows: T[]
  total: number
}

export const listQuery = <T>(spec: Spec<T>, pattern: string) =>
  infiniteQueryOptions({
    queryKey: [spec.plural, 'list', pattern],
    queryFn: async ({ signal, pageParam }): Promise<ResourcePage<T>> => {
      const page = await getJson<Record<string, unknown>>(
        withQuery(`/api/v2/${spec.plural}`, {
          [spec.search]: pattern,
          limit: PAGE_ROWS,
          offset: pageParam,
          order_by: spec.id,
        }),
        signal,
      )
      return { rows: page[spec.plural] as T[], total: page.total_entries as number }
    },
    initialPageParam: 0,
    getNextPageParam: (page, pages) => {
      const read = pages.reduce((sum, one) => sum + one.rows.length, 0)
      return page.rows.length > 0 && read < page.total ? read : null
    },
    placeholderData: keepPreviousData,
  })

export const oneQuery = <T>(spec: Spec<T>, id: string) =>
  queryOptions({
    queryKey: [spec.plural, 'one', id],
    queryFn: ({ signal }) => getJson<T>(addressOf(spec, id), signal),
  })

const addressOf = <T>(spec: Spec<T>, id: string) => `/api/v2/${spec.plural}/${path`${id}`}`

export const createOne = <T>(spec: Spec<T>, body: Record<string, unknown>) =>
  sendJson<T>('POST', `/api/v2/${spec.plural}`, body)

/** Only the fields of the mask are changed. */
export function patchOne<T>(spec: Spec<T>, id: string, body: Record<string, unknown>, mask: string[]): Promise<T> {
  const query = new URLSearchParams(mask.map((name) => ['update_mask', name]))
  return sendJson<T>('PATCH', `${addressOf(spec, id)}?${query.toString()}`, body)
}

/** Airflow's answer to a test. */
export interface Verdict {
  status: boolean
  message: string
}

export const testOne = (plural: string, body: Record<string, unknown>) =>
  sendJson<Verdict>('POST', `/api/v2/${plural}/test`, body)

export const deleteOne = <T>(spec: Spec<T>, id: string) => sendJson<undefined>('DELETE', addressOf(spec, id))
