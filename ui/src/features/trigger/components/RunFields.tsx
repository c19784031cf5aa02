import { TriangleAlert } from 'lucide-react'
import { useId, type ReactNode } from 'react'
import { Segmented } from '@/components/Controls'
import { Icon } from '@/components/Icon'
import { useNow } from '@/lib/clock'
import { useDates, zoneChoice } from '@/lib/dates'
import { useStore } from '@/lib/store'
import { strings } from '@/lib/strings'
import { fromField, manualRunId, toField, toWords } from '../dates'
import { DateText } from '../fields/DateText'
import type { DateMode, FormState } from '../form'

const text = strings.trigger
const MODES: { value: DateMode; label: string }[] = [
  { value: 'now', label: text.now },
  { value: 'date', label: text.day },
  { value: 'none', label: text.none },
]
const SECOND = 1_000

/** Date and name of the run. */
export function RunFields({
  state,
  problems,
  onChange,
}: {
  state: FormState
  problems: { date: string | null; runId: string | null }
  onChange: (patch: Pick<Partial<FormState>, 'dateMode' | 'dateText' | 'date' | 'runId'>) => void
}) {
  const now = Math.floor(useNow() / SECOND) * SECOND
  const dates = useDates()
  const zone = useStore(zoneChoice)
  const id = useId()
  const setDate = (typed: string) => onChange({ dateMode: 'date', dateText: typed, date: fromField(typed, zone) })
  const pick = (picked: string) => setDate(picked.replace('T', ' '))
  const setMode = (dateMode: DateMode) =>
    dateMode === 'date' && state.dateText === '' ? setDate(toWords(now, zone)) : onChange({ dateMode })
  return (
    <>
      <Line
        name={text.date}
        small={state.dateMode === 'none' ? '' : dates.zoneName}
        htmlFor={`${id}-date`}
        problem={problems.date}
      >
        <div className="row wrap">
          <DateText
            id={`${id}-date`}
            kind="datetime-local"
            readOnly={state.dateMode !== 'date'}
            invalid={problems.date !== null}
            placeholder={text.noDate}
            shown={state.dateMode === 'none' ? '' : state.dateMode === 'now' ? toWords(now, zone) : state.dateText}
            picked={toField(state.dateMode === 'date' && state.date !== null ? state.date : now, zone)}
            onType={setDate}
            onPick={pick}
          />
          <Segmented label={text.dateKind} choices={MODES} value={state.dateMode} onChange={setMode} />
        </div>
      </Line>
      <Line name={text.runId} htmlFor={`${id}-run`} problem={problems.runId}>
        <span className={problems.runId === null ? 'field' : 'field bad'}>
          <input
            id={`${id}-run`}
            className="mono"
            value={state.runId}
            placeholder={manualRunId(now)}
            spellCheck={false}
            autoComplete="off"
            aria-invalid={problems.runId !== null}
            onChange={(event) => onChange({ runId: event.target.value.trim() })}
          />
        </span>
      </Line>
    </>
  )
}

function Line({
  name,
  small = '',
  htmlFor,
  problem,
  children,
}: {
  name: string
  small?: string
  htmlFor: string
  problem: string | null
  children: ReactNode
}) {
  return (
    <div className="f">
      <label className="name" htmlFor={htmlFor}>
        {name}
        {small !== '' && <small>{small}</small>}
      </label>
      <div>
        {children}
        {problem !== null && (
          <div className="h bad" role="alert">
            <Icon of={TriangleAlert} size={12} />
            {problem}
          </div>
        )}
      </div>
    </div>
  )
}
