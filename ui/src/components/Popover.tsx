import {
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactNode,
  type Ref,
  type RefObject,
} from 'react'
import { createPortal } from 'react-dom'
import { useKeys } from '@/lib/keys'
import { strings } from '@/lib/strings'

const GAP = 4
const EDGE = 8

/** Opens below what triggers it (above when there is no room) and closes on Escape, on a press outside and on leaving. */
export function Popover({
  trigger,
  children,
  label,
}: {
  trigger: (props: {
    ref: Ref<HTMLButtonElement>
    onClick: () => void
    'aria-expanded': boolean
    'aria-haspopup': 'dialog'
  }) => ReactNode
  children: (close: () => void) => ReactNode
  label: string
}) {
  const [open, setOpen] = useState(false)
  const anchor = useRef<HTMLButtonElement>(null)
  const close = () => {
    setOpen(false)
    anchor.current?.focus()
  }
  return (
    <>
      {trigger({ ref: anchor, onClick: () => setOpen(!open), 'aria-expanded': open, 'aria-haspopup': 'dialog' })}
      {open &&
        createPortal(
          <Floating anchor={anchor} onClose={close} label={label}>
            {children}
          </Floating>,
          document.body,
        )}
    </>
  )
}

function Floating({
  anchor,
  onClose,
  label,
  children,
}: {
  anchor: RefObject<HTMLElement | null>
  onClose: () => void
  label: string
  children: (close: () => void) => ReactNode
}) {
  const box = useRef<HTMLDivElement>(null)
  useKeys([{ keys: ['Escape'], label: strings.keys.close, run: onClose, inFields: true }])

  useLayoutEffect(() => {
    const own = box.current
    const at = anchor.current?.getBoundingClientRect()
    if (!own || !at) return
    const { offsetWidth: width, offsetHeight: height } = own
    const below = at.bottom + GAP + height <= window.innerHeight - EDGE
    own.style.top = `${String(Math.max(EDGE, below ? at.bottom + GAP : at.top - GAP - height))}px`
    own.style.left = `${String(Math.max(EDGE, Math.min(at.left, window.innerWidth - width - EDGE)))}px`
    own.querySelector<HTMLElement>('input, button, [tabindex]')?.focus({ preventScroll: true })
    // Placed once, where it opened.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [])

  useEffect(() => {
    const onPress = (event: PointerEvent) => {
      if (!(event.target instanceof Node)) return
      if (!box.current?.contains(event.target) && !anchor.current?.contains(event.target)) onClose()
    }
    document.addEventListener('pointerdown', onPress, true)
    return () => document.removeEventListener('pointerdown', onPress, true)
  }, [anchor, onClose])

  return (
    <div ref={box} className="pop" role="dialog" aria-label={label} onKeyDown={moveInMenu}>
      {children(onClose)}
    </div>
  )
}

/** Arrows walk through the buttons of a menu. */
function moveInMenu(event: KeyboardEvent<HTMLDivElement>): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
  const buttons = [...event.currentTarget.querySelectorAll<HTMLElement>('.menu button')]
  if (buttons.length === 0) return
  event.preventDefault()
  const at = buttons.findIndex((one) => one === document.activeElement)
  const next = event.key === 'ArrowDown' ? at + 1 : at - 1
  buttons[(next + buttons.length) % buttons.length]?.focus()
}

export interface MenuItem {
  key: string
  label: ReactNode
  note?: ReactNode
  on?: boolean
  run: () => void
}

export function Menu({ items, close }: { items: MenuItem[]; close: () => void }) {
  return (
    <div className="menu" role="menu">
      {items.map((item) => (
        <button
          key={item.key}
          type="button"
          role="menuitem"
          className={item.on ? 'on' : ''}
          onClick={() => {
            close()
            item.run()
          }}
        >
          {item.label}
          {item.note !== undefined && <span className="n">{item.note}</span>}
        </button>
      ))}
    </div>
  )
}
