import { useQuery } from '@tanstack/react-query'
import { useCallback, useMemo } from 'react'
import { sessionQuery } from './session'
import { createKept, useStore } from './store'
import { strings } from './strings'
import { showUndo } from './toasts'

/** A filter of the DAG list with a name; `query` is what stands behind `?` in its address. */
export interface SavedView {
  name: string
  query: string
}

export interface Personal {
  favourites: string[]
  views: SavedView[]
}

const NONE: Personal = { favourites: [], views: [] }

const isPersonal = (value: unknown): value is Personal =>
  typeof value === 'object' &&
  value !== null &&
  'favourites' in value &&
  Array.isArray(value.favourites) &&
  value.favourites.every((one) => typeof one === 'string') &&
  'views' in value &&
  Array.isArray(value.views) &&
  value.views.every((one: Partial<SavedView> | null) => typeof one?.name === 'string' && typeof one.query === 'string')

const isKept = (value: unknown): value is Record<string, Personal> =>
  typeof value === 'object' && value !== null && Object.values(value).every(isPersonal)

/**
 * Favourites and saved views by user name. They live in this browser only: the server keeps none. Everything goes
 * through this module, so that a server can keep them later.
 */
const kept = createKept<Record<string, Personal>>('personal', {}, isKept)

const change = (user: string, patch: (now: Personal) => Personal) =>
  kept.set({ ...kept.get(), [user]: patch(kept.get()[user] ?? NONE) })

export function withFavourite(now: Personal, dagId: string, on: boolean): Personal {
  const others = now.favourites.filter((one) => one !== dagId)
  return { ...now, favourites: on ? [...others, dagId].sort() : others }
}

/** A view of the same name is replaced where it stands. */
export function withView(now: Personal, view: SavedView): Personal {
  const at = now.views.findIndex((one) => one.name === view.name)
  return { ...now, views: at < 0 ? [...now.views, view] : now.views.with(at, view) }
}

export const withoutView = (now: Personal, name: string): Personal => ({
  ...now,
  views: now.views.filter((one) => one.name !== name),
})

const text = strings.dags

export function usePersonal() {
  const user = useQuery(sessionQuery()).data?.username ?? ''
  const personal = useStore(kept)[user] ?? NONE
  const favourites = useMemo(() => new Set(personal.favourites), [personal.favourites])
  const setFavourite = useCallback(
    (dagId: string, on: boolean) => {
      change(user, (now) => withFavourite(now, dagId, on))
      showUndo((on ? text.starred : text.unstarred)(dagId), strings.actions.undo, () =>
        change(user, (now) => withFavourite(now, dagId, !on)),
      )
    },
    [user],
  )
  const saveView = (view: SavedView) => change(user, (now) => withView(now, view))
  const removeView = (name: string) => {
    const before = personal
    change(user, (now) => withoutView(now, name))
    showUndo(text.views.removed(name), strings.actions.undo, () => change(user, () => before))
  }
  return { favourites, views: personal.views, setFavourite, saveView, removeView }
}
