import { useRef, type PointerEvent } from 'react'
import { strings } from '@/lib/strings'
import { marksOf, thumbOf, topForThumb, type Mark } from '../model/ruler'
import type { ScrollView } from '../model/scroll'

const WIDTH = 14

/** Errors, warnings and hits over the whole log, and the part in view: it is the scroll bar of the log. */
export function Ruler({
  view,
  errors,
  warnings,
  hits,
  controls,
  onScroll,
}: {
  view: ScrollView
  errors: readonly number[]
  warnings: readonly number[]
  hits: readonly number[]
  controls: string
  onScroll: (top: number) => void
}) {
  const grip = useRef(0)
  const { offsets, viewport, total, place } = view
  const top = place.scrollTop + place.shift
  const thumb = thumbOf(top, viewport, total, viewport)

  const press = (event: PointerEvent<HTMLDivElement>) => {
    if (!thumb) return
    const y = event.clientY - event.currentTarget.getBoundingClientRect().top
    const onThumb = y >= thumb.y && y <= thumb.y + thumb.height
    grip.current = onThumb ? y - thumb.y : thumb.height / 2
    event.currentTarget.setPointerCapture(event.pointerId)
    if (!onThumb) onScroll(topForThumb(y - grip.current, viewport, total, viewport))
  }
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return
    const y = event.clientY - event.currentTarget.getBoundingClientRect().top
    onScroll(topForThumb(y - grip.current, viewport, total, viewport))
  }

  return (
    <div
      className="ruler"
      role="scrollbar"
      aria-label={strings.logs.scrollbar}
      aria-controls={controls}
      aria-orientation="vertical"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={total <= viewport ? 100 : Math.round((top / (total - viewport)) * 100)}
      onPointerDown={press}
      onPointerMove={drag}
    >
      <svg width={WIDTH} height={viewport} aria-hidden>
        <path className="f-retry" d={boxes(marksOf(hits, offsets, viewport, 2), 5, 4)} />
        <path className="f-retry" d={boxes(marksOf(warnings, offsets, viewport, 3), 3, 8)} />
        <path className="f-bad pale" d={boxes(marksOf(errors, offsets, viewport, 6, true), 1, 12)} />
        <path className="f-bad" d={boxes(marksOf(errors, offsets, viewport, 6), 1, 12)} />
      </svg>
      {thumb && (
        <div className="thumb" style={{ height: thumb.height, transform: `translateY(${String(thumb.y)}px)` }} />
      )}
    </div>
  )
}

function boxes(marks: Mark[], x: number, width: number): string {
  return marks
    .map((mark) => `M${String(x)} ${String(mark.y)}h${String(width)}v${String(mark.height)}h${String(-width)}z`)
    .join('')
}
