import { Plus, X } from 'lucide-react'
import { useState, type ClipboardEvent, type KeyboardEvent } from 'react'
import { flushSync } from 'react-dom'
import { Button, IconButton } from '@/components/Button'
import { Checkbox } from '@/components/Controls'
import { Icon } from '@/components/Icon'
import { strings } from '@/lib/strings'
import { isRecord } from '../json'
import type { Column } from '../schema'
import { readNumber, type ControlProps } from './control'
import { ClearButton } from './TextFields'

const text = strings.trigger

/** Texts as chips: Enter adds, Backspace takes the last away, pasted lines become one each. */
export function ChipsInput({ field, value, onValue, id, describedBy, invalid }: ControlProps) {
  const [typed, setTyped] = useState('')
  const chips = Array.isArray(value)
    ? value.map((one: unknown) => (typeof one === 'string' ? one : JSON.stringify(one)))
    : []
  const listId = `${id}-examples`
  const add = (lines: string[]) => {
    const more = lines.map((line) => line.trim()).filter((line) => line !== '')
    if (more.length > 0) onValue([...chips, ...more])
    setTyped('')
  }
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'Enter' && typed !== '') {
      // Ctrl Enter sends: what stands in the field has to be part of it.
      if (event.ctrlKey || event.metaKey) flushSync(() => add([typed]))
      else {
        event.preventDefault()
        add([typed])
      }
    }
    if (event.key === 'Backspace' && typed === '' && chips.length > 0) onValue(chips.slice(0, -1))
  }
  const onPaste = (event: ClipboardEvent) => {
    const pasted = event.clipboardData.getData('text')
    if (!pasted.includes('\n')) return
    event.preventDefault()
    add((typed + pasted).split('\n'))
  }
  return (
    <span className={invalid ? 'field chips bad' : 'field chips'}>
      {chips.map((chip, i) => (
        <span key={i} className="tok">
          <span className="ell">{chip}</span>
          <button
            type="button"
            aria-label={text.remove(chip)}
            onClick={() => onValue(chips.filter((_, at) => at !== i))}
          >
            <Icon of={X} size={12} />
          </button>
        </span>
      ))}
      <input
        id={id}
        value={typed}
        placeholder={value === null ? text.notSet : undefined}
        list={field.suggestions.length > 0 ? listId : undefined}
        aria-label={text.addTo(field.title)}
        aria-describedby={describedBy}
        aria-invalid={invalid}
        spellCheck={false}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
        onBlur={() => add([typed])}
      />
      {field.suggestions.length > 0 && (
        <datalist id={listId}>
          {field.suggestions
            .filter((one) => !chips.includes(one))
            .map((one) => (
              <option key={one} value={one} />
            ))}
        </datalist>
      )}
      {field.nullable && value !== null && <ClearButton onClear={() => onValue(null)} />}
    </span>
  )
}

const EMPTY_CELL = { text: '', switch: false, choice: undefined, integer: undefined, number: undefined }

/** Objects with plain members, one per row. */
export function RowsInput({ field, value, onValue, id }: ControlProps) {
  const rows = Array.isArray(value) ? value.map((row: unknown) => (isRecord(row) ? row : {})) : []
  const set = (at: number, name: string, cell: unknown) =>
    onValue(rows.map((row, i) => (i === at ? { ...row, [name]: cell } : row)))
  const fresh = () =>
    Object.fromEntries(
      field.columns.flatMap((column) => {
        const cell = column.kind === 'choice' ? column.choices[0]?.value : EMPTY_CELL[column.kind]
        return cell === undefined ? [] : [[column.name, cell]]
      }),
    )
  return (
    <div className="rows-input">
      {rows.length > 0 && (
        <table>
          <thead>
            <tr>
              {field.columns.map((column) => (
                <th key={column.name} scope="col">
                  {column.name}
                </th>
              ))}
              <td />
            </tr>
          </thead>
          <tbody>
            {rows.map((row, i) => (
              <tr key={i}>
                {field.columns.map((column) => (
                  <td key={column.name}>
                    <Cell
                      column={column}
                      label={`${column.name} ${String(i + 1)}`}
                      value={row[column.name]}
                      onValue={(cell) => set(i, column.name, cell)}
                    />
                  </td>
                ))}
                <td>
                  <IconButton
                    look="bare"
                    small
                    icon={X}
                    label={text.removeRow(i + 1)}
                    onClick={() => onValue(rows.filter((_, at) => at !== i))}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <span className="row near">
        <Button small id={id} icon={Plus} onClick={() => onValue([...rows, fresh()])}>
          {text.addRow}
        </Button>
        {value === null && <span className="t11 i3">{text.notSet}</span>}
        {field.nullable && value !== null && <ClearButton onClear={() => onValue(null)} />}
      </span>
    </div>
  )
}

function Cell({
  column,
  label,
  value,
  onValue,
}: {
  column: Column
  label: string
  value: unknown
  onValue: (cell: unknown) => void
}) {
  if (column.kind === 'switch') return <Checkbox on={value === true} label={label} onChange={onValue} />
  if (column.kind === 'choice') {
    const at = column.choices.findIndex((choice) => choice.value === value)
    return (
      <span className="field">
        <select
          aria-label={label}
          value={String(at)}
          onChange={(event) => onValue(column.choices[Number(event.target.value)]?.value)}
        >
          {at < 0 && (
            <option value="-1" disabled>
              {text.choose}
            </option>
          )}
          {column.choices.map((choice, i) => (
            <option key={i} value={String(i)}>
              {choice.label}
            </option>
          ))}
        </select>
      </span>
    )
  }
  const shown = typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  // A half-typed number stays a text: the check says what is wrong with it. `1.` must not become `1` under the fingers.
  const read = (typed: string) =>
    column.kind === 'text' || typed.endsWith('.') ? typed : (readNumber(typed)?.value ?? typed)
  return (
    <span className="field">
      <input
        aria-label={label}
        value={shown}
        inputMode={column.kind === 'text' ? 'text' : 'decimal'}
        spellCheck={false}
        onChange={(event) => onValue(read(event.target.value))}
      />
    </span>
  )
}
