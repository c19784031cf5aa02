import { expect, it } from 'vitest'
import { highlightJson } from './json'

const kinds = (text: string) =>
  highlightJson(text)
    .filter((token) => token.kind !== 'plain')
    .map((token) => `${token.kind} ${token.text}`)

it('tells names, texts and other values apart', () => {
  expect(kinds('"a": ["b", -1.5e3, true, null],')).toEqual([
    'name "a"',
    'string "b"',
    'number -1.5e3',
    'number true',
    'number null',
  ])
})

it('loses nothing of what is half written or hostile', () => {
  for (const text of ['{"a": "b', '"\\"": 1', '<script>', '']) {
    expect(
      highlightJson(text)
        .map((token) => token.text)
        .join(''),
    ).toBe(text)
  }
})
