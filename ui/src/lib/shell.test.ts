import { expect, it } from 'vitest'
import { shellWord } from './shell'

it.each([
  ['./dags', './dags'],
  ['my dags', "'my dags'"],
  ["it's", "'it'\\''s'"],
  ['$(rm -rf /)', "'$(rm -rf /)'"],
  ['', "''"],
])('%j is the word %s', (text, word) => expect(shellWord(text)).toBe(word))
