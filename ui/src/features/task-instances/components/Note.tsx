import { useQuery } from '@tanstack/react-query'
import type { TaskInstanceDetail } from '@/api/contract'
import { PanelSection } from '@/components/DetailPanel'
import { NoteField } from '@/components/NoteField'
import { taskNoteQuery, taskUrl, useSaveNote } from '@/lib/notes'
import { useMay } from '@/lib/session'
import { strings } from '@/lib/strings'

/** What people wrote about one task instance; a mapped task as a whole has no note. */
export function NoteSection({ data }: { data: TaskInstanceDetail }) {
  const { dag_id, run_id, task_id, map_index } = data
  const query = useQuery({ ...taskNoteQuery(dag_id, run_id, task_id, map_index), enabled: data.mapped === null })
  const note = query.data?.note ?? null
  const save = useSaveNote(taskUrl(dag_id, run_id, task_id, map_index), dag_id, note)
  const may = useMay('user')
  if (query.data === undefined || (note === null && !may)) return null
  return (
    <PanelSection title={strings.acts.notes.title}>
      <NoteField key={`${run_id} ${task_id} ${String(map_index)}`} note={note} mayEdit={may} onSave={save} />
    </PanelSection>
  )
}
