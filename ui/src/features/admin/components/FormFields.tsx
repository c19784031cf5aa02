import { TriangleAlert } from 'lucide-react'
import { useId } from 'react'
import { Button } from '@/components/Button'
import { Switch } from '@/components/Controls'
import { Icon } from '@/components/Icon'
import { strings } from '@/lib/strings'
import { textOf, type FieldSpec, type Form, type FormValue, type Spec } from '../resources/spec'

const text = strings.admin
const LINES_MIN = 2
const LINES_MAX = 12

const isSecret = (field: FieldSpec) => field.kind === 'secret' || field.kind === 'password'

interface FieldProps {
  field: FieldSpec
  value: FormValue
  stored: FormValue
  problem: string | undefined
  readOnly: boolean
  onChange: (value: FormValue) => void
}

export function FormFields<T>({
  spec,
  form,
  row,
  problems,
  mayEdit,
  onChange,
}: {
  spec: Spec<T>
  form: Form
  row: T | null
  problems: Record<string, string>
  mayEdit: boolean
  onChange: (name: string, value: FormValue) => void
}) {
  const stored = spec.toForm(row)
  return (
    <section className="res-form">
      {spec.fields.map((field) => (
        <Field
          key={field.name}
          field={field}
          value={form[field.name] ?? null}
          stored={stored[field.name] ?? null}
          problem={problems[field.name]}
          readOnly={!mayEdit || (field.fixed === true && row !== null)}
          onChange={(value) => onChange(field.name, value)}
        />
      ))}
    </section>
  )
}

function Field(props: FieldProps) {
  const { field, value, problem } = props
  const id = useId()
  return (
    <div className="res-field">
      {field.kind === 'switch' || (isSecret(field) && value === null) ? (
        <span className="th">{field.label}</span>
      ) : (
        <label className="th" htmlFor={id}>
          {field.label}
        </label>
      )}
      <Control {...props} id={id} />
      <div id={`${id}-help`}>
        {problem !== undefined && (
          <div className="h bad">
            <Icon of={TriangleAlert} size={12} />
            {problem}
          </div>
        )}
        {problem === undefined && field.help !== undefined && <div className="h">{field.help}</div>}
      </div>
    </div>
  )
}

function Control({ field, value, stored, problem, readOnly, onChange, id }: FieldProps & { id: string }) {
  const shown = textOf(value)
  const box = (extra = '') =>
    ['field', extra, problem !== undefined && 'bad', readOnly && 'still'].filter(Boolean).join(' ')
  const common = {
    id,
    readOnly,
    'aria-invalid': problem !== undefined,
    'aria-describedby': `${id}-help`,
    spellCheck: false,
    autoComplete: 'off',
  }
  if (field.kind === 'switch')
    return <Switch on={value === true} label={field.label} disabled={readOnly} onChange={onChange} />
  if (isSecret(field)) {
    if (value === null) return <Hidden label={field.label} readOnly={readOnly} onReplace={() => onChange('')} />
    return (
      <>
        {field.kind === 'secret' ? (
          <Lines box={box('area')} common={common} shown={shown} mono onChange={onChange} />
        ) : (
          <span className={box()}>
            <input
              {...common}
              type="password"
              autoComplete="new-password"
              value={shown}
              onChange={(event) => onChange(event.target.value)}
            />
          </span>
        )}
        {stored === null && (
          <Button small look="bare" onClick={() => onChange(null)}>
            {text.keep}
          </Button>
        )}
      </>
    )
  }
  if (field.kind === 'lines' || field.kind === 'json')
    return <Lines box={box('area')} common={common} shown={shown} mono={field.kind === 'json'} onChange={onChange} />
  return (
    <span className={box(field.kind === 'number' ? 'short' : '')}>
      <input
        {...common}
        value={shown}
        inputMode={field.kind === 'number' ? 'numeric' : 'text'}
        list={field.suggestions && `${id}-list`}
        onChange={(event) => onChange(event.target.value)}
      />
      {field.suggestions && (
        <datalist id={`${id}-list`}>
          {field.suggestions.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
    </span>
  )
}

function Lines({
  box,
  common,
  shown,
  mono,
  onChange,
}: {
  box: string
  common: object
  shown: string
  mono: boolean
  onChange: (value: string) => void
}) {
  const rows = Math.min(LINES_MAX, Math.max(LINES_MIN, shown.split('\n').length))
  return (
    <span className={box}>
      <textarea
        {...common}
        className={mono ? 'mono' : ''}
        rows={rows}
        value={shown}
        onChange={(event) => onChange(event.target.value)}
      />
    </span>
  )
}

/** What the server does not tell is not shown as if it were the value. */
function Hidden({ label, readOnly, onReplace }: { label: string; readOnly: boolean; onReplace: () => void }) {
  return (
    <span className="row">
      <span className="res-hidden">{text.hidden}</span>
      {!readOnly && (
        <Button small aria-label={`${text.replace} ${label}`} onClick={onReplace}>
          {text.replace}
        </Button>
      )}
    </span>
  )
}
