import { StateGlyph } from '@/components/state/StateGlyph'
import { count } from '@/lib/durations'
import { strings } from '@/lib/strings'
import type { Preview, TaskLine } from '../preview'
import type { Previewed } from '../use-preview'
import { summaryWords } from '../words'

const text = strings.acts
/** More lines say less. */
const LINES_MAX = 50

/** What an act on task instances will change: in one sentence, then by task. */
export function PreviewList({
  previewed,
  preview,
  nothing,
  notes,
}: {
  previewed: Previewed
  preview: Preview | null
  nothing: string
  /** What else follows from it. */
  notes: string[]
}) {
  if (previewed.error && !previewed.asked) return <p className="bad-t">{previewed.error.message}</p>
  if (preview === null) return <p className="i3">{text.asking}</p>
  const shown = preview.lines.slice(0, LINES_MAX)
  const hidden = preview.lines.length - shown.length
  return (
    <div className={previewed.old ? 'stale-dim' : ''} aria-busy={previewed.old || undefined}>
      {previewed.error && <p className="bad-t">{previewed.error.message}</p>}
      <p className="act-sum">{preview.instances === 0 ? nothing : summaryWords(preview)}</p>
      {preview.instances > 0 && notes.map((note) => <p key={note}>{note}</p>)}
      {shown.length > 0 && (
        <ul className="act-lines scroll" tabIndex={0} aria-label={text.changes}>
          {shown.map((line) => (
            <Line key={line.taskId} line={line} />
          ))}
          {hidden > 0 && <li className="i3">{text.moreLines(count(hidden))}</li>}
        </ul>
      )}
    </div>
  )
}

function Line({ line }: { line: TaskLine }) {
  const perRun = line.instances === line.runs
  return (
    <li>
      <StateGlyph state={line.state} />
      <span className="ell" title={line.taskId}>
        {line.mapIndex === null ? line.taskId : text.instance(line.taskId, line.mapIndex)}
      </span>
      <span className="n">
        {[!perRun && text.times(count(line.instances)), line.runs > 1 && text.inRuns(count(line.runs))]
          .filter((part) => part !== false)
          .join(', ')}
      </span>
    </li>
  )
}
