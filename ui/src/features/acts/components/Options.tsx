import { useId } from 'react'
import { Checkbox } from '@/components/Controls'
import { strings } from '@/lib/strings'
import type { Scope } from '../requests'

const text = strings.acts
export const NOTE_CHARS_MAX = 1_000
const SIDES = ['downstream', 'upstream', 'past', 'future'] as const

export function Option({ on, onChange, label }: { on: boolean; onChange: (on: boolean) => void; label: string }) {
  return (
    <label className="act-option">
      <Checkbox on={on} onChange={onChange} label={label} />
      <span aria-hidden>{label}</span>
    </label>
  )
}

/** How far an act reaches beyond what was chosen. */
export function ScopeOptions({
  scope,
  onChange,
  label,
}: {
  scope: Scope
  onChange: (scope: Partial<Scope>) => void
  label: string
}) {
  return (
    <div className="act-options" role="group" aria-label={label}>
      {SIDES.map((side) => (
        <Option key={side} label={text[side]} on={scope[side]} onChange={(on) => onChange({ [side]: on })} />
      ))}
    </div>
  )
}

export function NoteInput({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const id = useId()
  return (
    <div className="act-note">
      <label htmlFor={id}>{text.note}</label>
      <span className="field area">
        <textarea
          id={id}
          rows={2}
          value={value}
          maxLength={NOTE_CHARS_MAX}
          placeholder={text.noteHint}
          onChange={(event) => onChange(event.target.value)}
        />
      </span>
    </div>
  )
}
