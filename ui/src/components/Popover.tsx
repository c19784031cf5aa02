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
import { useKeys, type Shortcut } from '@/lib/keys'
import { strings } from '@/lib/strings'
import { keepFocusInside } from './focus'

const GAP = 4
const EDGE = 8
const NO_KEYS: Shortcut[] = []

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
      {open && (
        <Floating anchor={anchor} onClose={close} label={label}>
          {children}
        </Floating>
      )}
    </>
  )
}

/**
 * What floats below an element (above when there is no room; in the upper middle without one). `modal`: keys below it are
 * off and Tab stays inside, for what asks before it acts.
 */
export function Floating({
  anchor,
  onClose,
  label,
  children,
  className = '',
  modal = false,
  keys = NO_KEYS,
}: {
  anchor: RefObject<Element | null>
  onClose: () => void
  label: string
  children: (close: () => void) => ReactNode
  className?: string
  modal?: boolean
  keys?: Shortcut[]
}) {
  const box = useRef<HTMLDivElement>(null)
  useKeys([{ keys: ['Escape'], label: strings.keys.close, run: onClose, inFields: true, foot: modal }, ...keys], {
    exclusive: modal,
  })

  useLayoutEffect(() => {
    const own = box.current
    if (!own) return
    // Placed where it opened; what grows inside only pushes it back into the window.
    const at = anchor.current?.getBoundingClientRect()
    const observer = new ResizeObserver(() => place(own, at))
    observer.observe(own)
    place(own, at)
    own
      .querySelector<HTMLElement>('input, button:not([tabindex="-1"], :disabled), textarea')
      ?.focus({ preventScroll: true })
    return () => observer.disconnect()
  }, [anchor])

  useEffect(() => {
    const onPress = (event: PointerEvent) => {
      if (!(event.target instanceof Element)) return
      // What was opened from inside stands behind it in the document.
      const other = event.target.closest('.pop')
      const later = other !== null && box.current?.compareDocumentPosition(other) === Node.DOCUMENT_POSITION_FOLLOWING
      if (later) return
      if (!box.current?.contains(event.target) && !anchor.current?.contains(event.target)) onClose()
    }
    document.addEventListener('pointerdown', onPress, true)
    return () => document.removeEventListener('pointerdown', onPress, true)
  }, [anchor, onClose])

  return createPortal(
    <div
      ref={box}
      className={`pop ${className}`}
      role="dialog"
      aria-label={label}
      onKeyDown={modal ? keepFocusInside : moveInMenu}
    >
      {children(onClose)}
    </div>,
    document.body,
  )
}

function place(own: HTMLElement, at: DOMRect | undefined): void {
  const { offsetWidth: width, offsetHeight: height } = own
  const right = window.innerWidth - width - EDGE
  if (!at) {
    own.style.top = '12vh'
    own.style.left = `${String(Math.max(EDGE, (window.innerWidth - width) / 2))}px`
    return
  }
  const bottom = window.innerHeight - EDGE
  const below = at.bottom + GAP
  const above = at.top - GAP - height
  const top = below + height <= bottom ? below : above >= EDGE ? above : bottom - height
  own.style.top = `${String(Math.max(EDGE, top))}px`
  own.style.left = `${String(Math.max(EDGE, Math.min(at.left, right)))}px`
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
