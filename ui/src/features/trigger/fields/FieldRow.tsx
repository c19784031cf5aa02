import { TriangleAlert } from 'lucide-react'
import { memo, useId, type ComponentType } from 'react'
import { Icon } from '@/components/Icon'
import { strings } from '@/lib/strings'
import { inline } from '../json'
import type { Field, Kind } from '../schema'
import { ChoiceInput, SEGMENTS_MAX, SwitchInput } from './ChoiceInput'
import type { ControlProps } from './control'
import { DateInput, DateTimeInput, TimeInput } from './DateInputs'
import { ChipsInput, RowsInput } from './ListInputs'
import { JsonInput, Multiline, NumberInput, TextInput } from './TextFields'

const text = strings.trigger

function Fixed({ field, id }: ControlProps) {
  return (
    <output id={id} className="mono t12 fixed-value">
      {inline(field.schema.const)}
    </output>
  )
}

const CONTROLS: Record<Kind, ComponentType<ControlProps>> = {
  choice: ChoiceInput,
  integer: NumberInput,
  number: NumberInput,
  switch: SwitchInput,
  chips: ChipsInput,
  rows: RowsInput,
  date: DateInput,
  time: TimeInput,
  'date-time': DateTimeInput,
  json: JsonInput,
  multiline: Multiline,
  text: TextInput,
  fixed: Fixed,
}

/** One parameter: name and kind on the left, its control on the right, what is wrong below it. */
export const FieldRow = memo(function FieldRow({
  field,
  value,
  broken,
  changed,
  problem,
  onValue,
  onBroken,
}: {
  field: Field
  value: unknown
  broken: string | undefined
  changed: boolean
  problem: string | undefined
  onValue: (field: Field, value: unknown) => void
  onBroken: (field: Field, typed: string) => void
}) {
  const id = useId()
  const Control = CONTROLS[field.kind]
  // Groups of buttons speak their own name.
  const Name =
    field.kind === 'switch' ||
    field.kind === 'rows' ||
    (field.kind === 'choice' && field.choices.length <= SEGMENTS_MAX)
      ? 'span'
      : 'label'
  // A plain switch says its description beside itself.
  const help = field.kind === 'switch' && !field.nullable ? null : field.description
  return (
    <div className="f">
      <Name className="name" {...(Name === 'label' && { htmlFor: id })}>
        {field.title}
        {changed && <i className="chg" role="img" aria-label={text.changedMark} />}
        <small>{field.says}</small>
      </Name>
      <div>
        <Control
          field={field}
          value={value ?? null}
          broken={broken}
          id={id}
          describedBy={`${id}-help`}
          invalid={problem !== undefined}
          onValue={(next) => onValue(field, next)}
          onBroken={(typed) => onBroken(field, typed)}
        />
        <div id={`${id}-help`}>
          {problem !== undefined && (
            <div className="h bad">
              <Icon of={TriangleAlert} size={12} />
              {help === null ? problem : `${problem}. ${help}`}
            </div>
          )}
          {problem === undefined && help !== null && <div className="h">{help}</div>}
        </div>
      </div>
    </div>
  )
})
