import { Segmented, Switch } from '@/components/Controls'
import { strings } from '@/lib/strings'
import { isEqual } from '../json'
import type { Choice } from '../schema'
import type { ControlProps } from './control'

const text = strings.trigger
export const SEGMENTS_MAX = 5
const NONE = 'none'

/** Up to five side by side, more in a list. Values need not be texts, so controls know them by their place. */
export function ChoiceInput({ field, value, onValue, id, describedBy, invalid }: ControlProps) {
  const { choices, nullable } = field
  const at = choices.findIndex((choice) => isEqual(choice.value, value))
  const place = at >= 0 ? String(at) : value === null && nullable ? NONE : ''
  const choose = (next: string) => onValue(next === NONE ? null : choices[Number(next)]?.value)
  if (choices.length <= SEGMENTS_MAX)
    return <Segmented label={field.title} choices={withNone(choices, nullable)} value={place} onChange={choose} />
  return (
    <span className={invalid ? 'field middle bad' : 'field middle'}>
      <select
        id={id}
        value={place}
        aria-describedby={describedBy}
        aria-invalid={invalid}
        onChange={(event) => choose(event.target.value)}
      >
        {place === '' && (
          <option value="" disabled>
            {text.choose}
          </option>
        )}
        {nullable && <option value={NONE}>{text.notSet}</option>}
        {choices.map((choice, i) => (
          <option key={i} value={String(i)}>
            {choice.label}
          </option>
        ))}
      </select>
    </span>
  )
}

function withNone(choices: Choice[], nullable: boolean) {
  const named = choices.map((choice, i) => ({ value: String(i), label: choice.label }))
  return nullable ? [{ value: NONE, label: text.notSet }, ...named] : named
}

export function SwitchInput({ field, value, onValue }: ControlProps) {
  if (field.nullable) {
    const choices = withNone(
      [
        { value: true, label: text.yes },
        { value: false, label: text.no },
      ],
      true,
    )
    return (
      <Segmented
        label={field.title}
        choices={choices}
        value={value === true ? '0' : value === false ? '1' : NONE}
        onChange={(next) => onValue(next === NONE ? null : next === '0')}
      />
    )
  }
  return (
    <span className="row switch-line">
      <Switch on={value === true} label={field.title} onChange={onValue} />
      {field.description !== null && <span className="t12 i2">{field.description}</span>}
    </span>
  )
}
