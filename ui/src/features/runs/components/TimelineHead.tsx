import { useRef, useState, type PointerEvent } from 'react'
import type { Timeline } from '@/api/contract'
import { useDates } from '@/lib/dates'
import { count } from '@/lib/durations'
import { strings } from '@/lib/strings'
import { runningSteps, stepsPath } from '../timeline/overview'
import type { Profiles } from '../timeline/profile'
import { between, moved, offsetOf, Scale, ticksOf, within, type Span } from '../timeline/scale'

const text = strings.run
export const HEAD_PX = 68
const BASE_PX = 44
const AREA_PX = 34
const DAY_MS = 24 * 60 * 60_000
const MINUTE_MS = 60_000
const SECOND_MS = 1_000
const NOW_PX = 51
/** Half of the widest label of the axis. */
const LABEL_PX = 32

/** How many tasks ran at once over the whole run, what part of it is shown, and the axis of that part. */
export function TimelineHead({
  timeline,
  whole,
  span,
  width,
  now,
  live,
  profiles,
  onSpan,
}: {
  timeline: Timeline
  whole: Span
  /** null: the whole. */ span: Span | null
  width: number
  now: number
  live: boolean
  profiles: Profiles
  onSpan: (span: Span) => void
}) {
  const dates = useDates()
  const over = new Scale(whole, width)
  const scale = new Scale(span ?? whole, width)
  const { steps, peak } = runningSteps(timeline, now, profiles)
  const { step, at } = ticksOf(scale, offsetOf(scale.span.from, dates.time))
  const label = (tick: number, i: number) =>
    step >= DAY_MS
      ? dates.day(tick)
      : step < MINUTE_MS
        ? dates.clock(tick) + (step < SECOND_MS ? `.${String(Math.floor((tick % SECOND_MS) / 100))}` : '')
        : i > 0 && dates.dayKey(at[i - 1] ?? tick) !== dates.dayKey(tick)
          ? dates.day(tick)
          : dates.time(tick)
  const nowX = over.x(now)
  return (
    <div className="tl-head">
      <div className="tl-corner">
        <span>{text.running}</span>
        <span>{peak > 0 && text.peak(count(Math.round(peak)))}</span>
      </div>
      <svg
        className="tl-top"
        width={width}
        height={HEAD_PX}
        viewBox={`0 0 ${String(width)} ${String(HEAD_PX)}`}
        aria-hidden
      >
        <path className="tl-area" d={stepsPath(steps, (when) => over.x(when), BASE_PX, AREA_PX, peak)} />
        <path className="s-line" d={`M0 47.5H${String(width)}M0 67.5H${String(width)}`} />
        <path
          className="s-grid"
          d={at.map((tick) => `M${String(Math.round(scale.x(tick)) + 0.5)} 48V${String(HEAD_PX)}`).join('')}
        />
        {at.map((tick, i) => (
          <text key={tick} className="tick" x={Math.max(LABEL_PX, scale.x(tick))} y={62} textAnchor="middle">
            {label(tick, i)}
          </text>
        ))}
        {live && (
          <g>
            <path className="s-run" strokeWidth={1.25} d={`M${String(Math.round(nowX) + 0.5)} 18V48`} />
            {scale.x(now) <= width && scale.x(now) >= 0 && (
              <path
                className="s-run"
                strokeWidth={1.25}
                d={`M${String(Math.round(scale.x(now)) + 0.5)} 48V${String(HEAD_PX)}`}
              />
            )}
            <rect className="f-run" x={nowX - NOW_PX / 2} y={3} width={NOW_PX} height={16} rx={3} />
            <text className="tl-now" x={nowX} y={14.5} textAnchor="middle">
              {dates.clock(now)}
            </text>
          </g>
        )}
      </svg>
      <Brush over={over} whole={whole} span={span} onSpan={onSpan} />
    </div>
  )
}

/** The shown part over the overview: dragged, it moves; a drag beside it shows another part. */
function Brush({
  over,
  whole,
  span,
  onSpan,
}: {
  over: Scale
  whole: Span
  span: Span | null
  onSpan: (span: Span) => void
}) {
  const begin = useRef<{ at: number; moves: Span | null } | null>(null)
  const [drawn, setDrawn] = useState<Span | null>(null)
  const instant = (event: PointerEvent<HTMLDivElement>) =>
    over.at(event.clientX - event.currentTarget.getBoundingClientRect().left)
  const press = (event: PointerEvent<HTMLDivElement>) => {
    const at = instant(event)
    begin.current = { at, moves: span && at >= span.from && at <= span.to ? span : null }
    event.currentTarget.setPointerCapture(event.pointerId)
  }
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    const from = begin.current
    if (!from) return
    const by = instant(event) - from.at
    if (from.moves) onSpan(within({ from: from.moves.from + by, to: from.moves.to + by }, whole))
    else setDrawn(between(from.at, from.at + by, whole))
  }
  const release = () => {
    if (drawn && over.x(drawn.to) - over.x(drawn.from) > 4) onSpan(drawn)
    begin.current = null
    setDrawn(null)
  }
  const box = drawn ?? span
  return (
    <div
      className={span ? 'tl-brush zoomed' : 'tl-brush'}
      role="slider"
      aria-label={text.overview}
      tabIndex={0}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round((((span?.from ?? whole.from) - whole.from) / (whole.to - whole.from)) * 100)}
      onPointerDown={press}
      onPointerMove={drag}
      onPointerUp={release}
      onPointerCancel={release}
      onKeyDown={(event) => {
        if (!span || (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight')) return
        event.preventDefault()
        onSpan(moved(span, whole, event.key === 'ArrowLeft' ? -0.25 : 0.25))
      }}
    >
      {box && <i style={{ left: over.x(box.from), width: Math.max(2, over.x(box.to) - over.x(box.from)) }} />}
    </div>
  )
}
