import { TriangleAlert } from 'lucide-react'
import type { ReactNode, RefObject } from 'react'
import { Button, Kbd } from '@/components/Button'
import { Icon } from '@/components/Icon'
import { Floating } from '@/components/Popover'
import type { Request } from '@/lib/bulk'
import { count } from '@/lib/durations'
import { strings } from '@/lib/strings'
import type { useSend } from '../use-send'

const text = strings.acts
const FAILURES_SHOWN = 5

/** A popover that shows what an act will change, before the button that does it. */
export function ActFrame({
  title,
  anchor,
  onClose,
  options,
  children,
  sending,
  requests,
  verb,
  danger = false,
}: {
  title: string
  anchor: RefObject<Element | null>
  onClose: () => void
  options?: ReactNode
  /** What will change. */
  children: ReactNode
  sending: ReturnType<typeof useSend>
  /** Empty: there is nothing to do, or it is not known yet. */
  requests: Request[]
  verb: string
  danger?: boolean
}) {
  const { progress, failed, done } = sending
  const todo = failed.length > 0 ? failed.map((one) => one.request) : requests
  const off = progress !== null || todo.length === 0
  const send = () => void (off ? undefined : sending.send(todo))
  const label = progress
    ? text.sending(count(progress.done), count(progress.total))
    : failed.length > 0
      ? text.again(count(failed.length))
      : verb
  return (
    <Floating
      anchor={anchor}
      onClose={onClose}
      label={title}
      className="act"
      modal
      keys={[{ keys: ['Ctrl+Enter'], label: text.keys.send, run: send, inFields: true, foot: true }]}
    >
      {() => (
        <>
          <header role="none">
            <h2 className="title ell grow">{title}</h2>
            <button type="button" tabIndex={-1} aria-label={`${strings.actions.close}, Esc`} onClick={onClose}>
              <Kbd>Esc</Kbd>
            </button>
          </header>
          {options}
          <section className="act-changes" aria-label={text.changes} aria-live="polite">
            {children}
          </section>
          {failed.length > 0 && <Failures failed={failed} done={done} />}
          <footer role="none">
            <Button onClick={onClose}>{strings.actions.cancel}</Button>
            <Button look={danger ? 'danger' : 'primary'} hint="Ctrl ↵" disabled={off} onClick={send}>
              {label}
            </Button>
          </footer>
        </>
      )}
    </Floating>
  )
}

/** What did not go through, in the server's words. */
function Failures({ failed, done }: { failed: { request: Request; message: string }[]; done: number }) {
  const single = failed.length === 1 && done === 0
  return (
    <section className="act-failed bad-t" role="alert">
      <Icon of={TriangleAlert} size={14} />
      <div>
        {!single && <p>{text.partly(count(done), count(done + failed.length))}</p>}
        {failed.slice(0, FAILURES_SHOWN).map(({ request, message }) => (
          <p key={request.url + request.name}>{single ? message : `${request.name}: ${message}`}</p>
        ))}
        {failed.length > FAILURES_SHOWN && <p>{text.moreFailed(count(failed.length - FAILURES_SHOWN))}</p>}
      </div>
    </section>
  )
}
