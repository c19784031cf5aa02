import { useDates, zoneChoice } from '@/lib/dates'
import { useStore } from '@/lib/store'
import { strings } from '@/lib/strings'
import { fromField, isoText, readInstant, toField, toWords } from '../dates'
import { useTyped, type ControlProps } from './control'
import { DateText } from './DateText'
import { ClearButton, TextInput } from './TextFields'

const text = strings.trigger

/** An instant in the shown zone. A value that is none (a template) is edited as text. */
export function DateTimeInput(props: ControlProps) {
  const { field, value, broken, onValue, id, describedBy, invalid } = props
  const zone = useStore(zoneChoice)
  const dates = useDates()
  const at = typeof value === 'string' ? readInstant(value) : null
  const [shown, change] = useTyped(
    props,
    (one) => toWords(readInstant(String(one)) ?? 0, zone),
    (typed) => {
      const read = fromField(typed, zone)
      return read === null ? null : { value: isoText(read) }
    },
  )
  if (broken === undefined && typeof value === 'string' && value !== '' && at === null) return <TextInput {...props} />
  return (
    <span className="row">
      <DateText
        id={id}
        kind="datetime-local"
        shown={shown}
        picked={at === null ? '' : toField(at, zone)}
        placeholder={field.nullable ? text.notSet : text.dateTimeShape}
        invalid={invalid}
        describedBy={describedBy}
        onType={change}
        onPick={change}
      >
        {field.nullable && value !== null && <ClearButton onClear={() => onValue(null)} />}
      </DateText>
      <span className="t11 i3">{dates.zoneName}</span>
    </span>
  )
}

/** The text is the value: the check tells what is no date. */
export function DateInput({ field, value, onValue, id, describedBy, invalid }: ControlProps) {
  const shown = typeof value === 'string' ? value : ''
  return (
    <DateText
      id={id}
      kind="date"
      shown={shown}
      picked={/^\d{4}-\d{2}-\d{2}$/.test(shown) ? shown : ''}
      placeholder={field.nullable ? text.notSet : text.dateShape}
      invalid={invalid}
      describedBy={describedBy}
      onType={(typed) => onValue(typed === '' && field.nullable ? null : typed)}
      onPick={onValue}
    >
      {field.nullable && value !== null && <ClearButton onClear={() => onValue(null)} />}
    </DateText>
  )
}

export function TimeInput({ field, value, onValue, id, describedBy, invalid }: ControlProps) {
  return (
    <span className={invalid ? 'field short bad' : 'field short'}>
      <input
        id={id}
        value={typeof value === 'string' ? value : ''}
        placeholder={field.nullable ? text.notSet : text.timeShape}
        aria-describedby={describedBy}
        aria-invalid={invalid}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => onValue(event.target.value === '' && field.nullable ? null : event.target.value)}
      />
      {field.nullable && value !== null && <ClearButton onClear={() => onValue(null)} />}
    </span>
  )
}
