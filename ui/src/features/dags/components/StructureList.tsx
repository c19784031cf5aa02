import { useQuery } from '@tanstack/react-query'
import type { StructureChange } from '@/api/contract'
import { count } from '@/lib/durations'
import { strings } from '@/lib/strings'
import { versionChangesQuery } from '../api/dag'

const text = strings.dags.code
/** So that the text of the file stays in sight. */
const SHOWN_MAX = 8

/** What a version does otherwise than the one before it, in words; nothing where only the text differs. */
export function StructureList({ dagId, version }: { dagId: string; version: number }) {
  const { data } = useQuery(versionChangesQuery(dagId, version))
  if (!data || data.total === 0) return null
  const shown = data.changes.slice(0, SHOWN_MAX)
  return (
    <ul className="code-note structure t12" aria-label={text.structure}>
      {shown.map((change, i) => (
        <li key={i}>{changeWords(change)}</li>
      ))}
      {data.total > shown.length && <li className="i3">{text.moreChanges(count(data.total - shown.length))}</li>}
    </ul>
  )
}

export function changeWords(change: StructureChange): string {
  switch (change.kind) {
    case 'task_added':
      return text.taskAdded(change.task_id)
    case 'task_removed':
      return text.taskRemoved(change.task_id)
    case 'dependency_added':
      return text.dependencyAdded(change.from, change.to)
    case 'dependency_removed':
      return text.dependencyRemoved(change.from, change.to)
    case 'field': {
      const { task_id, name, before, after } = change
      const words = before === null || after === null ? text.field(name) : text.fromTo(name, before, after)
      return task_id === null ? words : text.ofTask(task_id, words)
    }
  }
}
