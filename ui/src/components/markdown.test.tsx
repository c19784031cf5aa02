import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, it } from 'vitest'
import Markdown from './Markdown'

const shown = (text: string) => renderToStaticMarkup(<Markdown text={text} />)

describe('an author’s Markdown', () => {
  it('is laid out', () => {
    expect(shown('### Flights\n\n1. **extract**\n2. `clean`')).toMatch(
      /<h3[^>]*>Flights<\/h3>.*<ol[^>]*><li[^>]*><strong>extract<\/strong>.*<code[^>]*>clean<\/code>/s,
    )
  })

  it.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    'text <b onclick="alert(1)">bold</b>',
    '<iframe src="https://evil.example"></iframe>',
    '<style>*{display:none}</style>',
    '<svg><script>alert(1)</script></svg>',
    '<div style="position:fixed;inset:0">over everything</div>',
    '[click](javascript:alert(1))',
    '[click](  JaVaScRiPt:alert(1))',
    '[click](data:text/html;base64,PHNjcmlwdD4=)',
    '![picture](javascript:alert(1))',
    '![picture](https://evil.example/beacon.gif)',
    '<javascript:alert(1)>',
    '[click][x]\n\n[x]: vbscript:alert(1)',
  ])('runs nothing, loads nothing and stays in its place: %s', (text) => {
    const html = shown(text)
    expect(html).not.toMatch(/<(script|img|iframe|style|svg|object|embed|link|form|input)\b/i)
    expect(html).not.toMatch(/<[^>]+\s(on\w+|style)=/i)
    expect(html).not.toMatch(/(href|src)="\s*(javascript|data|vbscript):/i)
  })

  it('takes no id of the page', () => expect(shown('# root')).toContain('id="doc-'))
})
