import { memo, useMemo } from 'react'
import { CodeTokens } from '@/components/code/CodeTokens'
import { highlightPython, type CodeToken } from '@/components/code/highlight'
import { plural } from '@/lib/durations'
import { strings } from '@/lib/strings'
import { diffRows, type DiffRow } from '../code/diff'

const CONTEXT_LINES = 4

export const CodeView = memo(function CodeView({ source }: { source: string }) {
  const lines = useMemo(() => highlightPython(source), [source])
  return (
    <div className="code">
      {lines.map((line, i) => (
        <div key={i} className="code-line">
          <span className="no" data-n={i + 1} />
          <CodeTokens tokens={line} />
        </div>
      ))}
    </div>
  )
})

/** Two versions side by side; equal stretches are folded. */
export const DiffView = memo(function DiffView({
  older,
  newer,
  titles,
}: {
  older: string
  newer: string
  titles: [older: string, newer: string]
}) {
  const { rows, left, right } = useMemo(
    () => ({
      rows: diffRows(older.split('\n'), newer.split('\n'), CONTEXT_LINES),
      left: highlightPython(older),
      right: highlightPython(newer),
    }),
    [older, newer],
  )
  return (
    <div className="code diff">
      <div className="diff-head">
        <span>{titles[0]}</span>
        <span>{titles[1]}</span>
      </div>
      {rows.map((row, i) => (
        <DiffLine key={i} row={row} left={left} right={right} />
      ))}
    </div>
  )
})

function DiffLine({ row, left, right }: { row: DiffRow; left: CodeToken[][]; right: CodeToken[][] }) {
  if (row.kind === 'fold')
    return (
      <div className="diff-fold">{plural(row.lines, strings.dags.code.foldedOne, strings.dags.code.foldedMany)}</div>
    )
  const { pair, changed } = row
  return (
    <div className="diff-line">
      <Side index={pair.left} lines={left} tone={changed && pair.left !== null ? 'gone' : ''} />
      <Side index={pair.right} lines={right} tone={changed && pair.right !== null ? 'came' : ''} />
    </div>
  )
}

function Side({ index, lines, tone }: { index: number | null; lines: CodeToken[][]; tone: string }) {
  if (index === null) return <div className="code-line blank-line" />
  return (
    <div className={`code-line ${tone}`}>
      <span className="no" data-n={index + 1} />
      <CodeTokens tokens={lines[index] ?? []} />
    </div>
  )
}
