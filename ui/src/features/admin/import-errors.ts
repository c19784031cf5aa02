import type { ImportErrorRow } from '@/api/contract'
import { strings } from '@/lib/strings'

const text = strings.importErrors

/** `ImportError: cannot import name …`; a message that already says its kind is left alone. */
export function headline(error: Pick<ImportErrorRow, 'kind' | 'message'>): string {
  const { kind, message } = error
  if (message === '') return kind
  return kind === '' || message.startsWith(kind) ? message : `${kind}: ${message}`
}

export function stillRuns(dags: ImportErrorRow['dags']): string {
  const [only] = dags
  if (!only) return text.none
  return dags.length === 1 ? text.stillOne(only.version_number) : text.stillMany(dags.length)
}

const place = (error: ImportErrorRow) => `${error.bundle_name}\n${error.file}`

/** Files that had an error before and have none now. */
export function fixedFiles(before: ImportErrorRow[], now: ImportErrorRow[]): string[] {
  const broken = new Set(now.map(place))
  return [
    ...new Map(before.filter((error) => !broken.has(place(error))).map((error) => [place(error), error.file])).values(),
  ]
}

/** The error to show: the one the address names, else the newest. */
export function chosenOf(errors: ImportErrorRow[], id: string | null): number {
  return Math.max(
    0,
    errors.findIndex((error) => String(error.id) === id),
  )
}

/** The last line of a traceback says what happened; the rest says how it came to that. */
export function splitTraceback(traceback: string): { way: string; end: string } {
  const lines = traceback.trimEnd().split('\n')
  // The exception may go on over several lines, all less indented than the frames above them.
  const start = lines.findLastIndex((line, i) => i > 0 && !/^\s/.test(line) && /^\s/.test(lines[i - 1] ?? ''))
  const at = start < 0 ? Math.max(0, lines.length - 1) : start
  return { way: lines.slice(0, at).join('\n'), end: lines.slice(at).join('\n') }
}
