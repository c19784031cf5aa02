import { describe, expect, it } from 'vitest'
import { groupTitle, partsOf, shown } from './text'

describe('a line is shown', () => {
  it.each([
    ['plain', 'plain'],
    ['\u001b[1;31mred\u001b[0m done', 'red done'],
    ['\u001b]0;title\u0007text', 'text'],
    ['a\tb\u0000c\rd\u007f', 'a\tb\u2400c\u240dd\u2421'],
    ['user\u202ecod.exe', 'user\u2426cod.exe'],
  ])('%j', (line, text) => expect(shown(line)).toBe(text))
})

describe('a line is cut', () => {
  const cut = (text: string, query: string) => partsOf(text, query).map((part) => `${part.kind}:${part.text}`)
  it('at hits, whatever their case and signs', () => {
    expect(cut('Memory 5, memory (6)', 'memory')).toEqual(['hit:Memory', 'plain: 5, ', 'hit:memory', 'plain: (6)'])
    expect(cut('a.b axb', 'a.b')).toEqual(['hit:a.b', 'plain: axb'])
    expect(cut('x', '')).toEqual(['plain:x'])
    expect(cut('', 'x')).toEqual([])
  })
  it('at web addresses, and at no other', () => {
    expect(cut('see https://a.example/b?c=1. javascript:alert(1)', '')).toEqual([
      'plain:see ',
      'link:https://a.example/b?c=1',
      'plain:. javascript:alert(1)',
    ])
    expect(cut('"http://x.example/<b>"', '')).toEqual(['plain:"', 'link:http://x.example/', 'plain:<b>"'])
  })
})

it('a group is named by the line that opens it', () => {
  expect(groupTitle('::group::Log message source details')).toBe('Log message source details')
  expect(groupTitle('[x] ::group:: Start-up')).toBe('Start-up')
})
