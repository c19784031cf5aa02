import { useQuery } from '@tanstack/react-query'
import { Play } from 'lucide-react'
import { useCallback, useEffect, useMemo, useState } from 'react'
import type { TriggerForm } from '@/api/contract'
import { Bones, Failed, StaleBar } from '@/components/Blank'
import { Button } from '@/components/Button'
import { Checkbox, Segmented } from '@/components/Controls'
import { Dialog } from '@/components/Dialog'
import { Icon } from '@/components/Icon'
import { sessionQuery } from '@/lib/session'
import { createKept, useStore } from '@/lib/store'
import { strings } from '@/lib/strings'
import { triggerFormQuery } from '../api/form'
import { keepDraft, readDraft } from '../draft'
import {
  editJson,
  EMPTY_FORM,
  jsonProblem,
  problemsOf,
  setBroken,
  setConf,
  setValue,
  showJson,
  type FormState,
} from '../form'
import { fieldOf, type Field } from '../schema'
import { useTriggerSend } from '../use-trigger'
import { Params } from './Params'
import { RunFields } from './RunFields'
import { Side } from './Side'

const text = strings.trigger
const WIDTH = 920
const VIEWS = [
  { value: 'form', label: text.form },
  { value: 'json', label: text.json },
] as const
const opensRun = createKept<boolean>('trigger-opens-run', true, (value): value is boolean => typeof value === 'boolean')

export default function TriggerDialog({ dagId, onClose }: { dagId: string; onClose: () => void }) {
  const query = useQuery(triggerFormQuery(dagId))
  const user = useQuery(sessionQuery()).data?.username
  if (query.data && user !== undefined) {
    return (
      <Filled
        form={query.data}
        user={user}
        onClose={onClose}
        stale={
          query.error && (
            <StaleBar error={query.error} since={query.dataUpdatedAt} onRetry={() => void query.refetch()} />
          )
        }
      />
    )
  }
  return (
    <Dialog title={<Title dagId={dagId} />} width={WIDTH} onClose={onClose}>
      <div className="trigger">
        {query.error ? <Failed error={query.error} onRetry={() => void query.refetch()} /> : <Bones />}
      </div>
    </Dialog>
  )
}

function Title({ dagId }: { dagId: string }) {
  return (
    <>
      <Icon of={Play} />
      <h2 className="title ell">{text.title(dagId)}</h2>
    </>
  )
}

function Filled({
  form,
  user,
  stale,
  onClose,
}: {
  form: TriggerForm
  user: string
  stale: React.ReactNode
  onClose: () => void
}) {
  const fields = useMemo(() => form.params.map(fieldOf), [form.params])
  const [state, setState] = useState(() => readDraft(user, form.dag_id))
  const [unpause, setUnpause] = useState(false)
  const openRun = useStore(opensRun)
  const { sending, send, forget } = useTriggerSend(form.dag_id, fields)
  useEffect(() => keepDraft(user, form.dag_id, state), [user, form.dag_id, state])

  const problems = state.json === null ? problemsOf(fields, state) : {}
  const dateProblem =
    state.dateMode === 'date' && state.date === null
      ? state.dateText.trim() === ''
        ? text.wrong.needed
        : text.wrong.dateTime
      : (sending.refused?.date ?? null)
  const runIdProblem = sending.refused?.runId ?? null
  const wrong =
    Object.keys(problems).length +
    [dateProblem, runIdProblem, jsonProblem(state.json)].filter((one) => one !== null).length

  const change = useCallback(
    (next: (state: FormState) => FormState) => {
      setState(next)
      forget()
    },
    [forget],
  )
  const onValue = useCallback((field: Field, value: unknown) => change((now) => setValue(now, field, value)), [change])
  const onBroken = useCallback((field: Field, typed: string) => change((now) => setBroken(now, field, typed)), [change])

  const submit = async () => {
    const tried = { ...state, json: null, tried: true }
    if (sending.busy || wrong > 0) return
    if (Object.keys(problemsOf(fields, tried)).length > 0) {
      setState(tried)
      return
    }
    const answer = await send(state, { unpause: form.is_paused && unpause, openRun })
    if (answer === 'created') {
      keepDraft(user, form.dag_id, EMPTY_FORM)
      onClose()
    } else if (answer && Object.keys(answer).length > 0) setState((now) => ({ ...now, json: null, refused: answer }))
  }
  const setView = (view: 'form' | 'json') => {
    if (view === 'json') change((now) => showJson(now, fields))
    // What is not JSON cannot become a form; its error stays in sight.
    else if (jsonProblem(state.json) === null) change((now) => ({ ...now, json: null }))
  }

  return (
    <Dialog
      title={<Title dagId={form.dag_id} />}
      width={WIDTH}
      onClose={onClose}
      headActions={
        <Segmented
          small
          label={text.view}
          choices={VIEWS}
          value={state.json === null ? 'form' : 'json'}
          onChange={setView}
        />
      }
      keys={[{ keys: ['Ctrl+Enter'], label: text.submit, run: () => void submit(), inFields: true }]}
      footer={
        <>
          {form.is_paused && (
            <label className="row t12 i2">
              <Checkbox on={unpause} onChange={setUnpause} label={text.unpause} />
              <span aria-hidden>{text.unpause}</span>
            </label>
          )}
          <label className="row t12 i2">
            <Checkbox on={openRun} onChange={(on) => opensRun.set(on)} label={text.openRun} />
            <span aria-hidden>{text.openRun}</span>
          </label>
          <span className="t12 bad-t grow r" role="status">
            {sending.lost !== null
              ? text.lost(sending.lost)
              : (sending.refused?.general ?? (wrong > 0 ? text.correct(wrong) : ''))}
          </span>
          <Button hint="Esc" onClick={onClose}>
            {strings.actions.cancel}
          </Button>
          <Button look="primary" hint="Ctrl ↵" disabled={wrong > 0 || sending.busy} onClick={() => void submit()}>
            {sending.busy ? text.sending : text.submit}
          </Button>
        </>
      }
    >
      <div className="trigger">
        <div className="trigger-form scroll">
          {stale}
          <RunFields
            state={state}
            problems={{ date: dateProblem, runId: runIdProblem }}
            onChange={(patch) => change((now) => ({ ...now, ...patch }))}
          />
          <Params
            fields={fields}
            state={state}
            problems={problems}
            onValue={onValue}
            onBroken={onBroken}
            onJson={(json) => change((now) => editJson(now, fields, json))}
            onReset={() =>
              change((now) =>
                now.json === null ? setConf(now, fields, {}) : showJson(setConf(now, fields, {}), fields),
              )
            }
          />
        </div>
        <Side
          form={form}
          fields={fields}
          state={state}
          unpause={form.is_paused && unpause}
          onTake={(conf) => change((now) => ({ ...setConf(now, fields, conf), json: null }))}
        />
      </div>
    </Dialog>
  )
}
