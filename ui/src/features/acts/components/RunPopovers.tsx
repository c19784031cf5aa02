import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Segmented } from '@/components/Controls'
import { totalOf } from '@/components/state/table'
import type { RunRef } from '@/lib/acts'
import { useDates } from '@/lib/dates'
import { count } from '@/lib/durations'
import { strings } from '@/lib/strings'
import { showToast } from '@/lib/toasts'
import { addedCounts, endOf } from '../preview'
import { deleteRunRequests, markRunRequests, type RunMark } from '../requests'
import { dagsOf } from '../use-preview'
import { forgetDeleted, useSend } from '../use-send'
import { instancesOf, runsOf, targetName } from '../words'
import type { PopoverProps } from './ActPopover'
import { ActFrame } from './ActFrame'

const text = strings.acts
const STATES = (['success', 'failed', 'queued'] as const).map((value) => ({ value, label: text.states[value] }))

const isActive = (run: RunRef) => run.state === 'running' || run.state === 'queued'

type RunsProps = PopoverProps & { runs: RunRef[] }

/** Success, failed or queued for runs. */
export function MarkRunsPopover({ runs, anchor, onClose, onDone }: RunsProps) {
  const dates = useDates()
  const [state, setState] = useState<RunMark>('success')
  const target = { kind: 'runs' as const, runs }
  const touched = runs.filter((run) => run.state !== state)
  const word = text.states[state].toLowerCase()
  const sending = useSend(dagsOf(target), () => {
    onClose()
    onDone()
    showToast({ text: text.done.mark(runsOf(touched.length), word) })
  })
  return (
    <ActFrame
      title={text.title.mark(targetName(target, dates))}
      anchor={anchor}
      onClose={onClose}
      sending={sending}
      requests={markRunRequests(touched, state)}
      verb={touched.length > 1 ? text.sendN(text.send.mark, count(touched.length)) : text.send.mark}
      options={
        <section>
          <Segmented
            label={text.state}
            choices={STATES}
            value={state}
            onChange={(next) => {
              setState(next)
              sending.forget()
            }}
          />
        </section>
      }
    >
      {touched.length === 0 ? (
        <p className="act-sum">{text.nothingToMarkRuns(word)}</p>
      ) : state === 'queued' ? (
        <p className="act-sum">{text.runsQueued(runsOf(touched.length))}</p>
      ) : (
        <>
          <p className="act-sum">{text.runsMarked(runsOf(touched.length), word)}</p>
          <EndLines runs={touched} word={word} />
        </>
      )}
      {touched.length > 0 && touched.length < runs.length && (
        <p className="i3">{text.alreadySo(runsOf(runs.length - touched.length), word)}</p>
      )}
    </ActFrame>
  )
}

/** What the end by hand does to task instances. */
function EndLines({ runs, word }: { runs: RunRef[]; word: string }) {
  const { active, pending } = endOf(runs)
  if (active + pending === 0) return <p>{text.noneTouched}</p>
  return (
    <>
      <ul className="act-lines">
        {active > 0 && <li>{text.runningBecome(count(active), word)}</li>}
        {pending > 0 && <li>{text.pendingBecome(count(pending))}</li>}
      </ul>
      <p className="i3">{text.teardowns}</p>
    </>
  )
}

/** Ends a run now: Airflow's word for it is the state failed. */
export function StopPopover({ runs, anchor, onClose, onDone }: RunsProps) {
  const dates = useDates()
  const target = { kind: 'runs' as const, runs }
  const active = runs.filter(isActive)
  const sending = useSend(dagsOf(target), () => {
    onClose()
    onDone()
    showToast({ text: text.done.stop(runsOf(active.length)) })
  })
  const failed = text.states.failed.toLowerCase()
  return (
    <ActFrame
      title={text.title.stop(targetName(target, dates))}
      anchor={anchor}
      onClose={onClose}
      sending={sending}
      requests={markRunRequests(active, 'failed')}
      verb={text.send.stop}
      danger
    >
      {active.length === 0 ? (
        <p className="act-sum">{text.notStoppable}</p>
      ) : (
        <>
          <p className="act-sum">{text.runsMarked(runsOf(active.length), failed)}</p>
          <EndLines runs={active} word={failed} />
        </>
      )}
    </ActFrame>
  )
}

export function DeleteRunsPopover({ runs, anchor, onClose, onDone }: RunsProps) {
  const dates = useDates()
  const target = { kind: 'runs' as const, runs }
  // Airflow deletes queued runs, too, but none that is running.
  const gone = runs.filter((run) => run.state !== 'running')
  const client = useQueryClient()
  const sending = useSend(dagsOf(target), () => {
    for (const run of gone) forgetDeleted(client, run.dagId, run.runId)
    onClose()
    onDone()
    showToast({ text: text.done.delete(runsOf(gone.length)) })
  })
  return (
    <ActFrame
      title={text.title.delete(targetName(target, dates))}
      anchor={anchor}
      onClose={onClose}
      sending={sending}
      requests={deleteRunRequests(gone)}
      verb={gone.length > 1 ? text.sendN(text.send.delete, count(gone.length)) : text.send.delete}
      danger
    >
      {gone.length > 0 && (
        <>
          <p className="act-sum">
            {text.deletes(runsOf(gone.length), instancesOf(totalOf(addedCounts(gone.map((run) => run.counts)))))}
          </p>
          <p>{text.deletesForever}</p>
        </>
      )}
      {gone.length < runs.length && <p className="act-sum">{text.stillRunning(runsOf(runs.length - gone.length))}</p>}
    </ActFrame>
  )
}
