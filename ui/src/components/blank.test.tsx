import { act } from 'react'
import { createRoot } from 'react-dom/client'
import { expect, it, vi } from 'vitest'
import { NoRows } from './Blank'

it('says that there may be more behind the rows that were looked at, and goes on', () => {
  const fetchNextPage = vi.fn(() => Promise.resolve())
  const place = document.body.appendChild(document.createElement('div'))
  const root = createRoot(place)
  const show = (hasNextPage: boolean) => {
    const query = { hasNextPage, isFetchingNextPage: false, fetchNextPage }
    act(() => root.render(<NoRows none="Nothing yet" noHit="No hit" filtered query={query} onAll={vi.fn()} />))
    return place.textContent
  }
  expect(show(true)).toBe('None of the newest ones matchesLook further backShow all')
  act(() => place.querySelector('button')?.click())
  expect(fetchNextPage).toHaveBeenCalledOnce()
  expect(show(false)).toBe('No hitShow all')
})
