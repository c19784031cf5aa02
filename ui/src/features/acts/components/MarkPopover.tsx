import { useMemo, useState } from 'react'
import { Segmented } from '@/components/Controls'
import type { ActTarget, TaskPart } from '@/lib/acts'
import { useDates } from '@/lib/dates'
import { count } from '@/lib/durations'
import { strings } from '@/lib/strings'
import { showToast } from '@/lib/toasts'
import { previewOf } from '../preview'
import { markRequests, type Scope, type TaskMark } from '../requests'
import { dagsOf, usePreview } from '../use-preview'
import { useSend } from '../use-send'
import { instancesOf, targetName } from '../words'
import type { PopoverProps } from './ActPopover'
import { ActFrame } from './ActFrame'
import { ScopeOptions } from './Options'
import { PreviewList } from './PreviewList'

const text = strings.acts
const STATES = (['success', 'failed', 'skipped'] as const).map((value) => ({ value, label: text.states[value] }))
/** A mark clears what failed after the task: of tasks that follow each other the first has to come first. */
const ONE_BY_ONE = 1
const ALONE: Scope = { downstream: false, upstream: false, past: false, future: false }

/** Success, failed or skipped for task instances. */
export function MarkPopover({
  parts,
  anchor,
  onClose,
  onDone,
}: PopoverProps & {
  parts: TaskPart[]
}) {
  const dates = useDates()
  const target: ActTarget = { kind: 'tasks', parts }
  const [state, setState] = useState<TaskMark>('success')
  const [scope, setScope] = useState(ALONE)
  const previewed = usePreview(target, markRequests(parts, state, scope, true))
  const { asked, old } = previewed
  const preview = useMemo(() => asked && previewOf(asked.flatMap((one) => one.instances)), [asked])
  const word = text.states[state].toLowerCase()
  const n = preview?.instances ?? 0
  const sending = useSend(
    dagsOf(target),
    () => {
      onClose()
      onDone()
      showToast({ text: text.done.mark(instancesOf(n), word) })
    },
    ONE_BY_ONE,
  )
  const requests =
    asked && !old
      ? markRequests(parts, state, scope, false).filter((_, i) => (asked[i]?.instances.length ?? 0) > 0)
      : []

  return (
    <ActFrame
      title={text.title.mark(targetName(target, dates))}
      anchor={anchor}
      onClose={onClose}
      sending={sending}
      requests={requests}
      verb={n > 0 ? text.sendN(text.send.mark, count(n)) : text.send.mark}
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
          <ScopeOptions
            scope={scope}
            label={text.scopeMark}
            onChange={(patch) => {
              setScope((last) => ({ ...last, ...patch }))
              sending.forget()
            }}
          />
        </section>
      }
    >
      <PreviewList
        previewed={previewed}
        preview={preview ?? null}
        nothing={text.nothingToMark(word)}
        notes={[...(preview && preview.running > 0 ? [text.endsRunning] : []), text.resumes]}
      />
    </ActFrame>
  )
}
