import { isRecord, readJson } from './json'
import { EMPTY_FORM, type FormState } from './form'

/** Drafts live as long as the tab, and only for who wrote them. */
const keyOf = (user: string, dagId: string) => `tradewind.trigger.${user}.${dagId}`

type Draft = Pick<FormState, 'set' | 'dateMode' | 'dateText' | 'date' | 'runId'>

export function keepDraft(user: string, dagId: string, state: FormState): void {
  const { set, dateMode, dateText, date, runId } = state
  const isEmpty = Object.keys(set).length === 0 && dateMode === 'now' && runId === ''
  try {
    if (isEmpty) sessionStorage.removeItem(keyOf(user, dagId))
    else
      sessionStorage.setItem(
        keyOf(user, dagId),
        JSON.stringify({ set, dateMode, dateText, date, runId } satisfies Draft),
      )
  } catch {
    // Storage is off or full: the draft is lost on closing.
  }
}

export function readDraft(user: string, dagId: string): FormState {
  let text: string | null = null
  try {
    text = sessionStorage.getItem(keyOf(user, dagId))
  } catch {
    // Storage is off: there is no draft.
  }
  const read = readJson(text ?? '')
  return 'value' in read && isDraft(read.value) ? { ...EMPTY_FORM, ...read.value } : EMPTY_FORM
}

function isDraft(value: unknown): value is Draft {
  return (
    isRecord(value) &&
    isRecord(value.set) &&
    typeof value.runId === 'string' &&
    typeof value.dateText === 'string' &&
    (value.date === null || typeof value.date === 'number') &&
    (value.dateMode === 'now' || value.dateMode === 'date' || value.dateMode === 'none')
  )
}
