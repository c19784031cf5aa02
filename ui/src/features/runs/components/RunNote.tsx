import type { RunFacts } from '@/api/contract'
import { NoteField } from '@/components/NoteField'
import { runUrl, useSaveNote } from '@/lib/notes'
import { useMay } from '@/lib/session'

/** What people wrote about a run. */
export function RunNote({ run }: { run: RunFacts }) {
  const save = useSaveNote(runUrl(run.dag_id, run.run_id), run.dag_id, run.note)
  return <NoteField key={run.run_id} note={run.note} mayEdit={useMay('user')} onSave={save} />
}
