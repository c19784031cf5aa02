import { X } from 'lucide-react'
import type { KeyboardEvent } from 'react'
import { IconButton } from '@/components/Button'
import { strings } from '@/lib/strings'
import { inline, readJson } from '../json'
import { readNumber, useTyped, type ControlProps } from './control'

const text = strings.trigger
const LINES_MIN = 2
const LINES_MAX = 14

export function TextInput({ field, value, onValue, id, describedBy, invalid }: ControlProps) {
  const listId = `${id}-examples`
  return (
    <span className={invalid ? 'field bad' : 'field'}>
      <input
        id={id}
        value={typeof value === 'string' ? value : value === null ? '' : inline(value)}
        placeholder={value === null ? text.notSet : undefined}
        aria-describedby={describedBy}
        aria-invalid={invalid}
        spellCheck={false}
        autoComplete="off"
        list={field.suggestions.length > 0 ? listId : undefined}
        onChange={(event) => onValue(event.target.value === '' && field.nullable ? null : event.target.value)}
      />
      {field.suggestions.length > 0 && (
        <datalist id={listId}>
          {field.suggestions.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
      {field.nullable && value !== null && <ClearButton onClear={() => onValue(null)} />}
    </span>
  )
}

export function Multiline({ field, value, onValue, id, describedBy, invalid }: ControlProps) {
  const shown = typeof value === 'string' ? value : ''
  return (
    <span className={invalid ? 'field area bad' : 'field area'}>
      <textarea
        id={id}
        rows={linesOf(shown)}
        value={shown}
        placeholder={value === null ? text.notSet : undefined}
        aria-describedby={describedBy}
        aria-invalid={invalid}
        onChange={(event) => onValue(event.target.value === '' && field.nullable ? null : event.target.value)}
      />
    </span>
  )
}

export function NumberInput(props: ControlProps) {
  const { field, value, id, describedBy, invalid, onValue } = props
  const [shown, change] = useTyped(props, String, readNumber)
  const step = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : 0
    if (by === 0 || typeof value !== 'number') return
    event.preventDefault()
    onValue(
      value +
        by * (typeof field.schema.multipleOf === 'number' && field.schema.multipleOf > 0 ? field.schema.multipleOf : 1),
    )
  }
  return (
    <span className={invalid ? 'field short bad' : 'field short'}>
      <input
        id={id}
        value={shown}
        inputMode={field.kind === 'integer' ? 'numeric' : 'decimal'}
        placeholder={field.nullable ? text.notSet : undefined}
        aria-describedby={describedBy}
        aria-invalid={invalid}
        autoComplete="off"
        onChange={(event) => change(event.target.value)}
        onKeyDown={step}
      />
      {field.nullable && value !== null && <ClearButton onClear={() => onValue(null)} />}
    </span>
  )
}

const readAny = (typed: string) => {
  const read = readJson(typed)
  return 'value' in read ? { value: read.value } : null
}

export function JsonInput(props: ControlProps) {
  const { field, id, describedBy, invalid } = props
  const [shown, change] = useTyped(props, formatJson, readAny)
  return (
    <span className={invalid ? 'field area bad' : 'field area'}>
      <textarea
        id={id}
        className="mono"
        rows={linesOf(shown)}
        value={shown}
        spellCheck={false}
        placeholder={field.nullable ? text.notSet : undefined}
        aria-describedby={describedBy}
        aria-invalid={invalid}
        onChange={(event) => change(event.target.value)}
      />
    </span>
  )
}

/** Longer JSON stands in lines; up to here it wraps. */
const ONE_LINE_MAX = 150
const WRAP_AT = 50

function formatJson(value: unknown): string {
  const line = inline(value)
  return line.length <= ONE_LINE_MAX ? line : JSON.stringify(value, null, 2)
}

const linesOf = (shown: string) =>
  Math.min(
    LINES_MAX,
    Math.max(
      LINES_MIN,
      shown.split('\n').reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / WRAP_AT)), 0),
    ),
  )

export function ClearButton({ onClear }: { onClear: () => void }) {
  return <IconButton look="bare" small icon={X} label={text.setNull} onClick={onClear} />
}
