import { expect, it } from 'vitest'
import { detailsOf } from './details'

it.each([
  [null, null],
  ['{}', null],
  ['{"a":1}', '{\n  "a": 1\n}'],
  ['half {', 'half {'],
])('the details %j', (extra, text) => expect(detailsOf(extra)).toBe(text))
