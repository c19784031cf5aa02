import { queryOptions, useQuery, useQueryClient, type InfiniteData, type QueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import type { DagHead, DagPage, DagRow, SavedView, SavedViews } from '@/api/contract'
import { getJson, path, sendJson, type ChangeMethod } from './http'
import { strings } from './strings'
import { showToast, showUndo } from './toasts'

const text = strings.dags

/** Filters of the DAG list that the user gave a name, with how many DAGs each shows. */
export const viewsQuery = () =>
  queryOptions({
    queryKey: ['views'],
    queryFn: ({ signal }) => getJson<SavedViews>('/ui/views', signal),
  })

export function useFavourite(): (dagId: string, on: boolean) => void {
  const client = useQueryClient()
  return useCallback(
    (dagId, on) => {
      const send = (to: boolean) => {
        mark(client, dagId, to)
        return change(client, 'POST', path`/api/v2/dags/${dagId}/${to ? 'favorite' : 'unfavorite'}`, [
          'dags',
          'dag',
          'views',
        ])
      }
      void send(on).then((sent) => {
        if (sent) showUndo((on ? text.starred : text.unstarred)(dagId), strings.actions.undo, () => void send(!on))
      })
    },
    [client],
  )
}

export function useViews() {
  const client = useQueryClient()
  const { data } = useQuery(viewsQuery())
  const save = ({ name, query }: Pick<SavedView, 'name' | 'query'>) =>
    change(client, 'PUT', path`/ui/views/${name}`, ['views'], { query })
  const remove = async (view: SavedView) => {
    if (await change(client, 'DELETE', path`/ui/views/${view.name}`, ['views']))
      showUndo(text.views.removed(view.name), strings.actions.undo, () => void save(view))
  }
  return { views: data?.views ?? [], save, remove }
}

/** The star answers at once; what the server says is read after it. */
function mark(client: QueryClient, dagId: string, on: boolean): void {
  const row = <T extends DagRow>(one: T): T => (one.dag_id === dagId ? { ...one, is_favourite: on } : one)
  client.setQueriesData<InfiniteData<DagPage>>(
    { queryKey: ['dags'] },
    (data) => data && { ...data, pages: data.pages.map((page) => ({ ...page, dags: page.dags.map(row) })) },
  )
  client.setQueryData<DagHead>(['dag', dagId, 'head'], (data) => data && row(data))
}

async function change(
  client: QueryClient,
  method: ChangeMethod,
  url: string,
  kinds: string[],
  body?: unknown,
): Promise<boolean> {
  try {
    await sendJson(method, url, body)
    return true
  } catch (error) {
    showToast({ text: error instanceof Error ? error.message : strings.states.noChange, tone: 'bad' })
    return false
  } finally {
    for (const kind of kinds) void client.invalidateQueries({ queryKey: [kind] })
  }
}
