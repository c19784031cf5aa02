import type { SavedViews } from '@/api/contract'
import { dagPage } from './lists'
import { Refusal, type Peek, type Route } from './refusal'

const views = new Map<string, string>()
const favourites = new Set<string>()
const seen = new Set<string>()

export const isFavourite = (dagId: string) => favourites.has(dagId)
export const isSeen = (dagId: string, runId: string) => seen.has(`${dagId} ${runId}`)
export const seenCount = () => seen.size

export function resetPersonal(): void {
  views.clear()
  favourites.clear()
  seen.clear()
}

const SEEN = /^\/ui\/runs\/([^/]+)\/([^/]+)\/acknowledgement$/

/** What people keep: favourites, saved views, which failures they have seen. */
export const personalRoutes = (peek: Peek): Route[] => [
  [
    'POST',
    /^\/api\/v2\/dags\/([^/]+)\/(un)?favorite$/,
    ([dagId = '', un]) => {
      const was = favourites.has(dagId)
      if (was === (un === undefined)) throw new Refusal(409, 'It is so already')
      if (was) favourites.delete(dagId)
      else favourites.add(dagId)
    },
  ],
  [
    'GET',
    /^\/ui\/views$/,
    (): SavedViews => ({
      views: [...views].map(([name, query]) => ({
        name,
        query,
        dags: dagPage(peek, new URLSearchParams(query)).total,
      })),
    }),
  ],
  ['PUT', /^\/ui\/views\/([^/]+)$/, ([name = ''], _, body) => void views.set(name, (body as { query: string }).query)],
  ['DELETE', /^\/ui\/views\/([^/]+)$/, ([name = '']) => void views.delete(name)],
  ['PUT', SEEN, ([dagId = '', runId = '']) => void seen.add(`${dagId} ${runId}`)],
  ['DELETE', SEEN, ([dagId = '', runId = '']) => void seen.delete(`${dagId} ${runId}`)],
]
