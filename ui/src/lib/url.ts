import { useCallback } from 'react'
import { useLocation, useSearch } from 'wouter'

/** The query of the address holds filters, selection and zoom, so that a copied address shows the same. */
export type UrlPatch = Record<string, string | null | undefined>

export function useQueryParams(): [URLSearchParams, (patch: UrlPatch, options?: { push?: boolean }) => void] {
  const search = useSearch()
  const [, navigate] = useLocation()
  const patch = useCallback(
    (changes: UrlPatch, options: { push?: boolean } = {}) => {
      const next = patched(window.location.search, changes)
      if (next === window.location.search) return
      navigate(window.location.pathname + next, { replace: options.push !== true })
    },
    [navigate],
  )
  return [new URLSearchParams(search), patch]
}

export function patched(search: string, changes: UrlPatch): string {
  const params = new URLSearchParams(search)
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) continue
    if (value === null || value === '') params.delete(name)
    else params.set(name, value)
  }
  const text = params.toString()
  return text === '' ? '' : `?${text}`
}
