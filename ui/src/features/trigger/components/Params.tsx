import { useId } from 'react'
import { Button } from '@/components/Button'
import { count } from '@/lib/durations'
import { strings } from '@/lib/strings'
import { FieldRow } from '../fields/FieldRow'
import { changedNames, extraNames, jsonProblem, valueOf, type FormState } from '../form'
import type { Field } from '../schema'

const text = strings.trigger
const JSON_ROWS = 16

/** The parameters as fields, in the sections that the DAG's author made, or the whole as JSON. */
export function Params({
  fields,
  state,
  problems,
  onValue,
  onBroken,
  onJson,
  onReset,
}: {
  fields: Field[]
  state: FormState
  problems: Record<string, string>
  onValue: (field: Field, value: unknown) => void
  onBroken: (field: Field, typed: string) => void
  onJson: (json: string) => void
  onReset: () => void
}) {
  const changed = changedNames(fields, state.set)
  const extras = extraNames(fields, state.set)
  const sections = [...new Set(fields.map((field) => field.section))].sort(
    (a, b) => Number(a !== null) - Number(b !== null),
  )
  const row = (field: Field) => (
    <FieldRow
      key={field.name}
      field={field}
      value={valueOf(field, state.set)}
      broken={state.broken[field.name]}
      changed={changed.has(field.name)}
      problem={problems[field.name]}
      onValue={onValue}
      onBroken={onBroken}
    />
  )
  return (
    <>
      <div className="trigger-head row">
        <h3>{text.params}</h3>
        <span className="i3 t12">{fields.length > 0 && text.fromSchema(count(fields.length))}</span>
        <span className="grow" />
        {changed.size > 0 && (
          <>
            <span className="t12 i3">{text.changed(count(changed.size))}</span>
            <Button small look="bare" onClick={onReset}>
              {text.reset}
            </Button>
          </>
        )}
      </div>
      {state.json !== null && <JsonView json={state.json} onJson={onJson} />}
      {state.json === null && fields.length === 0 && <p className="t12 i3">{text.noParams}</p>}
      {state.json === null &&
        sections.map((section) => (
          <section key={section ?? ''} className="trigger-section" aria-label={section ?? text.params}>
            {section !== null && <h4>{section}</h4>}
            {fields.filter((field) => field.section === section).map(row)}
          </section>
        ))}
      {state.json === null && extras.length > 0 && <p className="t12 i3">{text.extra(extras)}</p>}
    </>
  )
}

function JsonView({ json, onJson }: { json: string; onJson: (json: string) => void }) {
  const id = useId()
  const problem = jsonProblem(json)
  return (
    <div>
      <span className={problem === null ? 'field area' : 'field area bad'}>
        <textarea
          className="mono"
          rows={Math.max(JSON_ROWS, json.split('\n').length)}
          value={json}
          spellCheck={false}
          aria-label={text.conf}
          aria-invalid={problem !== null}
          aria-describedby={id}
          onChange={(event) => onJson(event.target.value)}
        />
      </span>
      <div id={id}>{problem !== null && <div className="h bad">{problem}</div>}</div>
    </div>
  )
}
