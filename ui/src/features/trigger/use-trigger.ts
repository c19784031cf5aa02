import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useState } from 'react'
import { useLocation } from 'wouter'
import { path, sendJson } from '@/lib/http'
import { links } from '@/lib/links'
import { strings } from '@/lib/strings'
import { showToast } from '@/lib/toasts'
import { sendTrigger, type Refused, type TriggerRequest } from './api/send'
import { isoText, manualRunId } from './dates'
import { confOf, type FormState } from './form'
import type { Field } from './schema'

const text = strings.trigger

export interface Sending {
  busy: boolean
  refused: Omit<Refused, 'params'> | null
  /** What is known of a request without an answer. */
  lost: string | null
}

const IDLE: Sending = { busy: false, refused: null, lost: null }

/** Sends the form. A request that got no answer keeps its name, so that the next attempt cannot create a second run. */
export function useTriggerSend(dagId: string, fields: Field[]) {
  const client = useQueryClient()
  const [, navigate] = useLocation()
  const [sending, setSending] = useState(IDLE)
  const [pending, setPending] = useState<{ typed: string; runId: string } | null>(null)

  const send = async (
    state: FormState,
    options: { unpause: boolean; openRun: boolean },
  ): Promise<Refused['params'] | 'created' | null> => {
    const mayExist = pending !== null && pending.typed === state.runId
    const request = requestOf(state, fields, mayExist ? pending.runId : null, Date.now)
    setSending({ ...IDLE, busy: true })
    const outcome = await sendTrigger(
      dagId,
      request,
      fields.map((field) => field.name),
      mayExist,
    )
    if (outcome.kind === 'created') {
      await afterwards(outcome.runId, options)
      return 'created'
    }
    setPending(outcome.kind === 'lost' ? { typed: state.runId, runId: request.dag_run_id } : null)
    setSending(
      outcome.kind === 'lost' ? { ...IDLE, lost: outcome.message } : { ...IDLE, refused: placed(outcome, state) },
    )
    return outcome.kind === 'refused' ? outcome.params : null
  }

  const afterwards = async (runId: string, { unpause, openRun }: { unpause: boolean; openRun: boolean }) => {
    if (unpause) {
      try {
        await sendJson('PATCH', path`/api/v2/dags/${dagId}`, { is_paused: false })
      } catch (error) {
        showToast({
          text: text.notUnpaused(error instanceof Error ? error.message : strings.states.noChange),
          tone: 'bad',
        })
      }
    }
    if (openRun) navigate(links.run(dagId, runId))
    showToast({
      text: text.created(dagId),
      ...(!openRun && { action: { label: text.open, run: () => navigate(links.run(dagId, runId)) } }),
    })
    void Promise.all(
      [['dags'], ['dag', dagId], ['runs'], ['home'], ['nav']].map((queryKey) => client.invalidateQueries({ queryKey })),
    )
  }

  /** Whatever was refused may be right after a change. */
  const forget = useCallback(() => setSending((now) => (now.busy || now.lost !== null ? now : IDLE)), [])
  return { sending, send, forget }
}

/** `known` is the name of a request that got no answer. */
function requestOf(state: FormState, fields: Field[], known: string | null, clock: () => number): TriggerRequest {
  const now = clock()
  const logical = state.dateMode === 'none' ? null : state.dateMode === 'date' && state.date !== null ? state.date : now
  return {
    dag_run_id: known ?? (state.runId === '' ? manualRunId(now) : state.runId),
    logical_date: logical === null ? null : isoText(logical),
    conf: confOf(fields, state.set),
  }
}

/** A conflict is about the name or the date; beside which of them depends on what was typed. */
function placed(refused: Refused, state: FormState): Omit<Refused, 'params'> {
  const { runId, date, general } = refused
  if (general !== null && /\b(run_id|logical_date)\b/.test(general)) {
    if (state.runId !== '') return { runId: runId ?? general, date, general: null }
    if (state.dateMode === 'date') return { runId, date: date ?? general, general: null }
  }
  return { runId, date, general }
}
