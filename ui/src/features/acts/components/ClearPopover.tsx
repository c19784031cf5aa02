import { useMemo, useState } from 'react'
import { Segmented } from '@/components/Controls'
import type { ActTarget } from '@/lib/acts'
import { useDates } from '@/lib/dates'
import { count } from '@/lib/durations'
import { strings } from '@/lib/strings'
import { showToast } from '@/lib/toasts'
import { previewOf } from '../preview'
import { clearRequests, type ClearOptions } from '../requests'
import { dagsOf, usePreview } from '../use-preview'
import { useSend } from '../use-send'
import { instancesOf, runsOf, targetName } from '../words'
import type { PopoverProps } from './ActPopover'
import { ActFrame } from './ActFrame'
import { NoteInput, Option, ScopeOptions } from './Options'
import { PreviewList } from './PreviewList'

const text = strings.acts
const WHICH = [
  { value: 'all', label: text.whichAll },
  { value: 'failed', label: text.whichFailed },
  { value: 'new', label: text.whichNew },
] as const

const begin = (target: ActTarget, failedOnly: boolean): ClearOptions => ({
  downstream: target.kind === 'tasks',
  upstream: false,
  past: false,
  future: false,
  which: failedOnly ? 'failed' : 'all',
  latest: false,
  note: '',
})

export function ClearPopover({
  target,
  failedOnly,
  anchor,
  onClose,
  onDone,
}: PopoverProps & { target: ActTarget; failedOnly: boolean }) {
  const dates = useDates()
  const [options, setOptions] = useState(() => begin(target, failedOnly))
  const previewed = usePreview(target, clearRequests(target, options, true))
  const { asked, old } = previewed
  const preview = useMemo(() => asked && previewOf(asked.flatMap((one) => one.instances)), [asked])
  const sending = useSend(dagsOf(target), () => {
    onClose()
    onDone()
    showToast({ text: text.done.clear(instancesOf(preview?.instances ?? 0)) })
  })
  const change = (patch: Partial<ClearOptions>) => {
    setOptions((last) => ({ ...last, ...patch }))
    sending.forget()
  }
  // What would change nothing is not sent.
  const requests =
    asked && !old ? clearRequests(target, options, false).filter((_, i) => (asked[i]?.instances.length ?? 0) > 0) : []
  const n = preview?.instances ?? 0

  return (
    <ActFrame
      title={text.title.clear(targetName(target, dates))}
      anchor={anchor}
      onClose={onClose}
      sending={sending}
      requests={requests}
      verb={n > 0 ? text.sendN(text.send.clear, count(n)) : text.send.clear}
      options={
        <>
          <section>
            {target.kind === 'tasks' ? (
              <>
                <ScopeOptions scope={options} onChange={change} label={text.scope} />
                <div className="act-options two">
                  <Option
                    label={text.onlyFailed}
                    on={options.which === 'failed'}
                    onChange={(on) => change({ which: on ? 'failed' : 'all' })}
                  />
                  <Option label={text.latest} on={options.latest} onChange={(latest) => change({ latest })} />
                </div>
              </>
            ) : (
              <>
                <Segmented
                  label={text.which}
                  choices={WHICH}
                  value={options.which}
                  onChange={(which) => change({ which })}
                />
                <Option label={text.latest} on={options.latest} onChange={(latest) => change({ latest })} />
              </>
            )}
          </section>
          <section>
            <NoteInput value={options.note} onChange={(note) => setOptions((last) => ({ ...last, note }))} />
          </section>
        </>
      }
    >
      <PreviewList
        previewed={previewed}
        preview={preview ?? null}
        nothing={text.nothingToClear}
        notes={preview && preview.running > 0 ? [text.stopsRunning] : []}
      />
      {target.kind === 'runs' && target.runs.length > requests.length && requests.length > 0 && (
        <p className="i3">{text.untouchedRuns(runsOf(target.runs.length - requests.length))}</p>
      )}
    </ActFrame>
  )
}
