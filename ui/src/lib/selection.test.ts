import { expect, it } from 'vitest'
import { between } from './selection'

it.each([
  ['b', 'd', ['b', 'c', 'd']],
  ['d', 'b', ['b', 'c', 'd']],
  ['gone', 'c', ['c']],
  ['b', 'gone', []],
])('a selection from %s to %s', (from, to, keys) => expect(between(['a', 'b', 'c', 'd'], from, to)).toEqual(keys))
