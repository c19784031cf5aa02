import type { CodeToken } from './highlight'

/** One line of source in its colours. */
export function CodeTokens({ tokens }: { tokens: CodeToken[] }) {
  return (
    <span className="src">
      {tokens.map((token, i) =>
        token.kind === 'plain' ? (
          token.text
        ) : (
          <span key={i} className={`tok-${token.kind}`}>
            {token.text}
          </span>
        ),
      )}
    </span>
  )
}
