import { X } from 'lucide-react'
import { useEffect, useId, useRef, type ReactNode } from 'react'
import { createPortal } from 'react-dom'
import { useKeys, type Shortcut } from '@/lib/keys'
import { strings } from '@/lib/strings'
import { IconButton } from './Button'
import { keepFocusInside } from './focus'

/** A dialog over the page. Keys below it are off; focus stays inside and goes back to where it came from. */
export function Dialog({
  title,
  width,
  onClose,
  children,
  footer,
  headActions,
  keys = [],
}: {
  title: ReactNode
  width: number
  onClose: () => void
  children: ReactNode
  footer?: ReactNode
  headActions?: ReactNode
  keys?: Shortcut[]
}) {
  const box = useRef<HTMLDivElement>(null)
  const titleId = useId()
  useKeys([{ keys: ['Escape'], label: strings.keys.close, run: onClose, inFields: true }, ...keys], { exclusive: true })

  useEffect(() => {
    const origin = document.activeElement
    const own = box.current
    const first = own?.querySelector<HTMLElement>(
      '[autofocus], .dialog-body input:not([readonly], [tabindex="-1"]), .dialog-body textarea',
    )
    ;(first ?? own?.querySelector<HTMLElement>('.dialog-body [tabindex="0"]') ?? own)?.focus()
    return () => {
      if (origin instanceof HTMLElement) origin.focus()
    }
  }, [])

  return createPortal(
    <>
      <div className="scrim" onPointerDown={onClose} />
      <div
        ref={box}
        className="dialog"
        role="dialog"
        aria-modal="true"
        aria-labelledby={titleId}
        tabIndex={-1}
        style={{ width }}
        onKeyDown={keepFocusInside}
      >
        <header role="none">
          <div id={titleId} className="title row grow">
            {title}
          </div>
          {headActions}
          <IconButton icon={X} look="bare" label={strings.actions.close} onClick={onClose} />
        </header>
        <div className="dialog-body">{children}</div>
        {footer !== undefined && <footer role="none">{footer}</footer>}
      </div>
    </>,
    document.body,
  )
}
