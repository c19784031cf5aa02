import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react'
import type { Bucket } from '@/api/contract'
import { useDates, type Dates } from '@/lib/dates'
import { count } from '@/lib/durations'
import { strings } from '@/lib/strings'
import { bucketAt, bucketMs, CHART_HEIGHT, chartOf, spanBetween, spanBox, totalsOf } from '../chart'
import type { TimeSpan } from '../model'

const text = strings.home.activity
const WIDTH_FIRST = 1_216
const TIP_GAP = 12

/** Runs over time. Dragging or the arrow keys choose a span, which filters the lists below. */
export function ActivityChart({
  buckets,
  span,
  onSpan,
}: {
  buckets: Bucket[]
  span: TimeSpan | null
  onSpan: (span: TimeSpan | null) => void
}) {
  const dates = useDates()
  const box = useRef<HTMLDivElement>(null)
  const width = useWidth(box)
  const chart = useMemo(() => chartOf(buckets, width, dates), [buckets, width, dates])
  const [brush, setBrush] = useState<{ from: number; to: number } | null>(null)
  const [hover, setHover] = useState<{ bucket: number; x: number; y: number } | null>(null)
  const totals = totalsOf(buckets)

  const at = (event: PointerEvent) =>
    bucketAt(chart, buckets, event.clientX - (box.current?.getBoundingClientRect().left ?? 0))
  const choose = (from: number, to: number) => {
    setBrush({ from, to })
    onSpan(spanBetween(buckets, from, to))
  }
  const letGo = () => {
    setBrush(null)
    onSpan(null)
  }
  const onMove = (event: PointerEvent) => {
    const bucket = at(event)
    if (bucket === null) return
    setHover({ bucket, x: event.clientX, y: event.clientY })
    if (brush && event.currentTarget.hasPointerCapture(event.pointerId)) choose(brush.from, bucket)
  }
  const onPress = (event: PointerEvent) => {
    const bucket = at(event)
    if (bucket === null || event.button !== 0) return
    event.currentTarget.setPointerCapture(event.pointerId)
    // A press on what is chosen lets it go.
    if (span && brush && brush.from === brush.to && brush.from === bucket) letGo()
    else choose(bucket, bucket)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0
    if (event.key === 'Escape' && span) {
      event.preventDefault()
      letGo()
    }
    if (by === 0 || buckets.length === 0) return
    event.preventDefault()
    const to = Math.min(buckets.length - 1, Math.max(0, (brush?.to ?? buckets.length) + by))
    choose(event.shiftKey && brush ? brush.from : to, to)
  }

  const chosen = span && spanBox(chart, buckets, span)
  const shown = hover ?? null
  const label = text.chart(count(totals.runs), count(totals.failed))
  return (
    <div
      ref={box}
      className="home-chart"
      role="application"
      aria-roledescription={text.title}
      aria-label={label}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onPointerDown={onPress}
      onPointerMove={onMove}
      onPointerLeave={() => setHover(null)}
    >
      <svg width={width} height={CHART_HEIGHT} viewBox={`0 0 ${String(width)} ${String(CHART_HEIGHT)}`} aria-hidden>
        {chosen && <rect className="f-sel" x={chosen.x} y={0} width={chosen.width} height={CHART_HEIGHT - 12} />}
        {chart.lines.map((line) => (
          <g key={line.y}>
            <path
              className="s-grid"
              d={`M${String(chart.left)} ${String(Math.round(line.y) + 0.5)}H${String(width)}`}
            />
            <text className="tick" x={0} y={line.y + 3.5}>
              {line.label}
            </text>
          </g>
        ))}
        <path className="f-ok-q" d={chart.success} />
        <path className="f-run" d={chart.running} />
        <path className="f-bad" d={chart.failed} />
        <path className="s-line-2" d={`M${String(chart.left)} ${String(chart.base + 0.5)}H${String(width)}`} />
        {chart.ticks.map((tick) => (
          <text key={tick.x} className={tick.strong ? 'tick strong' : 'tick'} x={tick.x} y={CHART_HEIGHT - 1}>
            {tick.label}
          </text>
        ))}
      </svg>
      <span className="sr" aria-live="polite">
        {span && brush ? `${spanText(span, dates)}, ${sumText(buckets, brush)}` : ''}
      </span>
      {shown && <Tip bucket={buckets[shown.bucket]} ms={bucketMs(buckets)} x={shown.x} y={shown.y} dates={dates} />}
    </div>
  )
}

function Tip({
  bucket,
  ms,
  x,
  y,
  dates,
}: {
  bucket: Bucket | undefined
  ms: number
  x: number
  y: number
  dates: Dates
}) {
  if (!bucket) return null
  const right = x > window.innerWidth / 2
  return (
    <div
      className="tip"
      style={{ top: y + TIP_GAP, ...(right ? { right: window.innerWidth - x + TIP_GAP } : { left: x + TIP_GAP }) }}
    >
      <b>{spanText({ from: bucket.start, to: bucket.start + ms }, dates)}</b>
      <br />
      {text.counts(count(bucket.success), count(bucket.failed), count(bucket.running))}
    </div>
  )
}

export function spanText(span: TimeSpan, dates: Dates): string {
  const sameDay = dates.dayKey(span.from) === dates.dayKey(span.to - 1)
  const from = dates.dayKey(span.from) === dates.dayKey(Date.now()) ? dates.time(span.from) : dates.dateTime(span.from)
  return text.bucket(from, sameDay ? dates.time(span.to) : dates.dateTime(span.to))
}

function sumText(buckets: Bucket[], brush: { from: number; to: number }): string {
  const inside = buckets.slice(Math.min(brush.from, brush.to), Math.max(brush.from, brush.to) + 1)
  const sum = (of: (bucket: Bucket) => number) => count(inside.reduce((total, bucket) => total + of(bucket), 0))
  return text.counts(
    sum((one) => one.success),
    sum((one) => one.failed),
    count(inside.at(-1)?.running ?? 0),
  )
}

function useWidth(box: { current: HTMLDivElement | null }): number {
  const [width, setWidth] = useState(WIDTH_FIRST)
  useEffect(() => {
    const own = box.current
    if (!own) return
    const observer = new ResizeObserver(() => setWidth(own.clientWidth))
    observer.observe(own)
    return () => observer.disconnect()
  }, [box])
  return width
}
