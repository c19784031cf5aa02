import { describe, expect, it } from 'vitest'
import { highlightPython } from './highlight'

describe('colours of Python', () => {
  const kinds = (source: string) =>
    highlightPython(source).map((line) => line.map((token) => `${token.kind}:${token.text}`))
  it('knows keywords, strings, comments and decorators', () => {
    expect(kinds('@task\ndef f(x="a#b"):  # note')).toEqual([
      ['name:@task'],
      [
        'keyword:def',
        'plain: ',
        'plain:f',
        'plain:(',
        'plain:x',
        'plain:=',
        'string:"a#b"',
        'plain:):  ',
        'comment:# note',
      ],
    ])
  })

  it('carries a text of several lines over', () => {
    expect(kinds('x = """one\ntwo""" + 1')).toEqual([
      ['plain:x', 'plain: = ', 'string:"""', 'string:one'],
      ['string:two"""', 'plain: + ', 'number:1'],
    ])
  })

  it('loses no letter', () => {
    const source = 'a = f"""x\n  \'y\' """ if b else 0x1F # "c"\nd = \'unfinished'
    expect(
      highlightPython(source)
        .map((line) => line.map((token) => token.text).join(''))
        .join('\n'),
    ).toBe(source)
  })
})
