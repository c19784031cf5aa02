export type TokenKind = 'plain' | 'keyword' | 'string' | 'comment' | 'number' | 'name'
export interface CodeToken {
  kind: TokenKind
  text: string
}

const KEYWORDS = new Set([
  'False',
  'None',
  'True',
  'and',
  'as',
  'assert',
  'async',
  'await',
  'break',
  'class',
  'continue',
  'def',
  'del',
  'elif',
  'else',
  'except',
  'finally',
  'for',
  'from',
  'global',
  'if',
  'import',
  'in',
  'is',
  'lambda',
  'match',
  'nonlocal',
  'not',
  'or',
  'pass',
  'raise',
  'return',
  'try',
  'while',
  'with',
  'yield',
])
const PART =
  /(#.*$)|([rbfuRBFU]{0,2}(?:"""|'''))|([rbfuRBFU]{0,2}(?:"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?))|(@[\w.]+)|(\b\d[\w.]*)|([A-Za-z_]\w*)/g

/** Colours Python by the line. Good enough to read by; a text of several lines in one string is carried over. */
export function highlightPython(source: string): CodeToken[][] {
  let quote: string | null = null
  return source.split('\n').map((line) => {
    const tokens: CodeToken[] = []
    const push = (kind: TokenKind, text: string) => {
      if (text !== '') tokens.push({ kind, text })
    }
    let at = 0
    while (at < line.length) {
      if (quote !== null) {
        const end = line.indexOf(quote, at)
        push('string', line.slice(at, end < 0 ? undefined : end + 3))
        if (end < 0) return tokens
        at = end + 3
        quote = null
        continue
      }
      PART.lastIndex = at
      const found = PART.exec(line)
      if (!found) {
        push('plain', line.slice(at))
        break
      }
      push('plain', line.slice(at, found.index))
      const [text, comment, triple, string, decorator, number, word] = found
      at = found.index + text.length
      if (triple !== undefined) {
        push('string', text)
        quote = triple.slice(-3)
      } else
        push(
          comment !== undefined
            ? 'comment'
            : string !== undefined
              ? 'string'
              : decorator !== undefined
                ? 'name'
                : number !== undefined
                  ? 'number'
                  : word !== undefined && KEYWORDS.has(word)
                    ? 'keyword'
                    : 'plain',
          text,
        )
    }
    return tokens
  })
}
