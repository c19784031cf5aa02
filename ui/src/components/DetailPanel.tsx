import { useEffect, useRef, type PointerEvent, type ReactNode } from 'react'
import { useKeys } from '@/lib/keys'
import { createKept, useStore } from '@/lib/store'
import { strings } from '@/lib/strings'

const WIDTH_MIN = 280
const WIDTH_MAX = 640
/** What the design says for most screens; the style sheet knows the rest. */
const WIDTH_USUAL = 360
const KEY_STEP = 20

const isWidth = (value: unknown): value is number | null =>
  value === null || (typeof value === 'number' && value >= WIDTH_MIN && value <= WIDTH_MAX)
/** null: as wide as the design says for this screen. */
const keptWidth = createKept<number | null>('panel-width', null, isWidth)

const clamp = (width: number) => Math.min(WIDTH_MAX, Math.max(WIDTH_MIN, width))

/** Detail beside what was clicked; Escape closes it, its left edge can be dragged. `head` stays while the rest scrolls. */
export function DetailPanel({
  label,
  head,
  children,
  onClose,
}: {
  label: string
  head: ReactNode
  children: ReactNode
  onClose: () => void
}) {
  const width = useStore(keptWidth)
  const panel = useRef<HTMLElement>(null)
  const origin = useRef<Element | null>(null)
  useKeys([{ keys: ['Escape'], label: strings.keys.close, run: onClose }])

  useEffect(() => {
    origin.current = document.activeElement
    const own = panel.current
    return () => {
      if (own?.contains(document.activeElement) && origin.current instanceof HTMLElement) origin.current.focus()
    }
  }, [])

  const drag = (event: PointerEvent<HTMLDivElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return
    const right = panel.current?.getBoundingClientRect().right ?? window.innerWidth
    keptWidth.set(clamp(Math.round(right - event.clientX)))
  }
  const step = (by: number) => keptWidth.set(clamp((panel.current?.offsetWidth ?? WIDTH_MIN) + by))

  return (
    <aside ref={panel} className="panel" aria-label={label} style={width === null ? {} : { width }}>
      <div
        className="panel-grip"
        role="separator"
        aria-orientation="vertical"
        aria-valuenow={width ?? WIDTH_USUAL}
        aria-valuemin={WIDTH_MIN}
        aria-valuemax={WIDTH_MAX}
        aria-label={strings.actions.resize}
        title={strings.actions.resize}
        tabIndex={0}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={drag}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return
          event.preventDefault()
          step(event.key === 'ArrowLeft' ? KEY_STEP : -KEY_STEP)
        }}
      />
      <div className="ph">{head}</div>
      <div className="panel-scroll">{children}</div>
    </aside>
  )
}

export function PanelSection({ title, more, children }: { title: ReactNode; more?: ReactNode; children: ReactNode }) {
  return (
    <section>
      <h2>
        {title}
        {more !== undefined && <span className="more">{more}</span>}
      </h2>
      {children}
    </section>
  )
}
