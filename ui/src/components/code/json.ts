import type { CodeToken } from './highlight'

const PART = /("(?:[^"\\]|\\.)*"?)(\s*:)?|(-?\d[\d.eE+-]*|\btrue\b|\bfalse\b|\bnull\b)/g

/** Colours JSON, also half written: names, texts, and the rest of the values. */
export function highlightJson(text: string): CodeToken[] {
  const tokens: CodeToken[] = []
  const push = (kind: CodeToken['kind'], part: string) => {
    if (part !== '') tokens.push({ kind, text: part })
  }
  let at = 0
  for (const found of text.matchAll(PART)) {
    push('plain', text.slice(at, found.index))
    const [whole, quoted, colon] = found
    if (quoted === undefined) push('number', whole)
    else {
      push(colon === undefined ? 'string' : 'name', quoted)
      push('plain', colon ?? '')
    }
    at = found.index + whole.length
  }
  push('plain', text.slice(at))
  return tokens
}
