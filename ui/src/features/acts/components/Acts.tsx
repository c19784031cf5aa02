import { RotateCcw, Square, Trash2, type LucideIcon } from 'lucide-react'
import { useEffect, useRef, useState, type RefObject } from 'react'
import { Button } from '@/components/Button'
import type { ActsProps, ActTarget } from '@/lib/acts'
import { count } from '@/lib/durations'
import { useKeys } from '@/lib/keys'
import { part } from '@/lib/part'
import { useMay } from '@/lib/session'
import { strings } from '@/lib/strings'
import type { Act } from './ActPopover'
import { MoreMenu } from './MoreMenu'

const text = strings.acts
const ActPopover = part(() => import('./ActPopover'))

/** What can be done with a target, as buttons and keys; nothing for who may only look. */
export function Acts(props: ActsProps) {
  const may = useMay('user')
  return may && props.target ? <Allowed {...props} target={props.target} /> : null
}

function Allowed({
  target,
  look,
  failed = 0,
  keysOff = false,
  anchor,
  onDone,
  onGone,
}: ActsProps & { target: ActTarget }) {
  const [open, setOpen] = useState<{ act: Act; target: ActTarget } | null>(null)
  const at = useRef<Element | null>(null)
  const origin = useRef<Element | null>(null)
  const clearAt = useRef<HTMLButtonElement>(null)
  const markAt = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    // Ready before the key is pressed.
    ActPopover.preload()
  }, [])
  const start = (act: Act, from: Element | null) => {
    at.current = from ?? anchor?.() ?? null
    origin.current = document.activeElement
    setOpen({ act, target })
  }
  const close = () => {
    setOpen(null)
    if (origin.current instanceof HTMLElement && origin.current.isConnected) origin.current.focus()
  }
  const clear: Act = failed > 0 ? 'clear-failed' : 'clear'
  useKeys(
    [
      { keys: ['c'], label: text.keys.clear, run: () => start(clear, clearAt.current), foot: true },
      { keys: ['m'], label: text.keys.mark, run: () => start('mark', markAt.current), foot: true },
    ],
    { off: keysOff },
  )

  const clearButton = (label: string, primary = false) => (
    <ActButton
      act={clear}
      icon={RotateCcw}
      hint="C"
      primary={primary}
      small={look === 'row'}
      at={clearAt}
      open={open?.act}
      onAct={start}
    >
      {label}
    </ActButton>
  )
  const markButton = (
    <ActButton act="mark" hint="M" at={markAt} open={open?.act} onAct={start}>
      {text.mark}
    </ActButton>
  )
  const runs = target.kind === 'runs' ? target.runs : []
  const stoppable = runs.some((run) => run.state === 'running' || run.state === 'queued')
  return (
    <>
      {look === 'panel' && (
        <>
          {clearButton(failed > 0 ? text.clearFailed(count(failed)) : text.clear, failed > 0)}
          {markButton}
        </>
      )}
      {look === 'row' && clearButton(text.clear)}
      {look === 'top' && (
        <>
          {target.kind === 'runs' ? <More onAct={(act, from) => start(act, from)} /> : markButton}
          {stoppable && (
            <ActButton act="stop" icon={Square} open={open?.act} onAct={start}>
              {text.stop}
            </ActButton>
          )}
          {clearButton(text.clear)}
        </>
      )}
      {look === 'bar' && (
        <>
          {clearButton(text.clear)}
          {markButton}
          {target.kind === 'runs' && (
            <ActButton act="delete" icon={Trash2} open={open?.act} onAct={start}>
              {text.delete}
            </ActButton>
          )}
        </>
      )}
      {open && (
        <ActPopover
          act={open.act}
          target={sameRuns(open.target, target)}
          anchor={at}
          onClose={close}
          onDone={() => {
            onDone?.()
            if (open.act === 'delete') onGone?.()
          }}
        />
      )}
    </>
  )
}

/** An open popover stays with what it was opened for; of the same runs it takes the newest states and counts. */
function sameRuns(opened: ActTarget, now: ActTarget): ActTarget {
  if (opened.kind !== 'runs' || now.kind !== 'runs') return opened
  return {
    kind: 'runs',
    runs: opened.runs.map((run) => now.runs.find((one) => one.dagId === run.dagId && one.runId === run.runId) ?? run),
  }
}

function ActButton({
  act,
  at,
  icon,
  hint,
  primary = false,
  small = false,
  open,
  onAct,
  children,
}: {
  act: Act
  /** Where its key opens the popover, too. */
  at?: RefObject<HTMLButtonElement | null>
  icon?: LucideIcon
  hint?: string
  primary?: boolean
  small?: boolean
  open: Act | undefined
  onAct: (act: Act, from: Element) => void
  children: string
}) {
  return (
    <Button
      {...(at && { ref: at })}
      {...(icon && { icon })}
      {...(hint !== undefined && { hint })}
      {...(primary && { look: 'primary' as const })}
      {...(small && { small })}
      aria-haspopup="dialog"
      aria-expanded={open === act}
      onClick={(event) => onAct(act, event.currentTarget)}
    >
      {children}
    </Button>
  )
}

/** What is rarer. */
function More({ onAct }: { onAct: (act: Act, from: Element | null) => void }) {
  const button = useRef<HTMLButtonElement | null>(null)
  return (
    <MoreMenu
      label={text.more}
      button={button}
      items={[{ key: 'mark', label: text.markMenu, note: 'M', run: () => onAct('mark', button.current) }]}
      deleteLabel={text.deleteMenu}
      onDelete={() => onAct('delete', button.current)}
    />
  )
}
