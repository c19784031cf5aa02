import { Pencil } from 'lucide-react'
import { useEffect, useRef, useState, type KeyboardEvent } from 'react'
import { strings } from '@/lib/strings'
import { Button, IconButton } from './Button'

const text = strings.acts.notes
/** As many as the server takes. */
const CHARS_MAX = 1_000

/** A note that is edited where it stands. `onSave` fails with words; what was typed stays then. */
export function NoteField({
  note,
  mayEdit,
  onSave,
}: {
  note: string | null
  mayEdit: boolean
  onSave: (note: string) => Promise<void>
}) {
  const [draft, setDraft] = useState<string | null>(null)
  const edit = useRef<HTMLButtonElement>(null)
  const wasEditing = useRef(false)
  useEffect(() => {
    if (wasEditing.current && draft === null) edit.current?.focus()
    wasEditing.current = draft !== null
  }, [draft])
  if (draft !== null)
    return <Editor draft={draft} onDraft={setDraft} onClose={() => setDraft(null)} known={note ?? ''} onSave={onSave} />
  if (note === null || note === '')
    return mayEdit ? (
      <Button ref={edit} small icon={Pencil} onClick={() => setDraft('')}>
        {text.add}
      </Button>
    ) : (
      <span className="t12 i3">{text.none}</span>
    )
  return (
    <div className="note">
      <p className="doc">{note}</p>
      {mayEdit && (
        <IconButton ref={edit} small look="bare" icon={Pencil} label={text.edit} onClick={() => setDraft(note)} />
      )}
    </div>
  )
}

function Editor({
  draft,
  onDraft,
  onClose,
  known,
  onSave,
}: {
  draft: string
  onDraft: (draft: string) => void
  onClose: () => void
  known: string
  onSave: (note: string) => Promise<void>
}) {
  const field = useRef<HTMLTextAreaElement>(null)
  const [busy, setBusy] = useState(false)
  const [refused, setRefused] = useState<string | null>(null)
  useEffect(() => field.current?.focus(), [])
  const save = async () => {
    if (busy) return
    const next = draft.trim()
    if (next === known) {
      onClose()
      return
    }
    setBusy(true)
    setRefused(null)
    try {
      await onSave(next)
      onClose()
    } catch (error) {
      setRefused(error instanceof Error ? error.message : strings.states.noChange)
      setBusy(false)
    }
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape') onClose()
    else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void save()
    else return
    event.preventDefault()
  }
  return (
    <div className="note-edit" onKeyDown={onKey}>
      <span className="field area">
        <textarea
          ref={field}
          rows={3}
          value={draft}
          maxLength={CHARS_MAX}
          aria-label={text.label}
          aria-invalid={refused !== null}
          onChange={(event) => onDraft(event.target.value)}
        />
      </span>
      {refused !== null && (
        <p className="bad-t" role="alert">
          {refused}
        </p>
      )}
      <div className="row">
        <Button small look="primary" hint="Ctrl ↵" disabled={busy} onClick={() => void save()}>
          {text.save}
        </Button>
        <Button small hint="Esc" onClick={onClose}>
          {strings.actions.cancel}
        </Button>
      </div>
    </div>
  )
}
