import { describe, expect, it } from 'vitest'
import { withFavourite, withoutView, withView } from './personal'
import { between } from './selection'

const NONE = { favourites: [], views: [] }

describe('personal', () => {
  it('keeps favourites once and in order', () => {
    const two = withFavourite(withFavourite(withFavourite(NONE, 'b', true), 'a', true), 'b', true)
    expect(two.favourites).toEqual(['a', 'b'])
    expect(withFavourite(two, 'a', false).favourites).toEqual(['b'])
  })

  it('replaces a view of the same name where it stands', () => {
    const two = withView(withView(NONE, { name: 'Tier 1', query: 'tag=a' }), { name: 'Mine', query: 'owner=b' })
    expect(withView(two, { name: 'Tier 1', query: 'tag=c' }).views.map((one) => one.query)).toEqual([
      'tag=c',
      'owner=b',
    ])
    expect(withoutView(two, 'Tier 1').views.map((one) => one.name)).toEqual(['Mine'])
  })
})

it.each([
  ['b', 'd', ['b', 'c', 'd']],
  ['d', 'b', ['b', 'c', 'd']],
  ['gone', 'c', ['c']],
  ['b', 'gone', []],
])('a selection from %s to %s', (from, to, keys) => expect(between(['a', 'b', 'c', 'd'], from, to)).toEqual(keys))
