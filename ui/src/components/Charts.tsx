import type { RunState } from '@/api/contract'
import { barsOf, type Bar } from './bars'
import { sparkPath } from './spark'

/** A line over time, with its last point unless `bare`. `tone` is a paint suffix of styles/state.css. */
export function Sparkline({
  values,
  width,
  height,
  tone = 'ink-3',
  bare = false,
  label,
}: {
  values: number[]
  width: number
  height: number
  tone?: 'ink-3' | 'run' | 'bad' | 'ok'
  bare?: boolean
  label: string
}) {
  const { line, area, last } = sparkPath(values, width, height)
  return (
    <svg
      className={`spark spark-${tone}`}
      width={width}
      height={height}
      viewBox={`0 0 ${String(width)} ${String(height)}`}
      role="img"
      aria-label={label}
    >
      <path className="spark-area" d={area} />
      <path className="spark-line" d={line} strokeWidth={1.25} />
      {last && !bare && <circle className="spark-end" cx={last.x} cy={last.y} r={2} />}
    </svg>
  )
}

/**
 * The last runs as bars, oldest first: height is duration; a failed one has a foot below the baseline, a running one is
 * hollow, a queued one a low hollow stub, no run a dot.
 */
export function RunBars({
  runs,
  slots,
  label,
}: {
  runs: { state: RunState; duration: number | null; title?: string }[]
  slots: number
  label: string
}) {
  const width = slots * 8
  return (
    <svg width={width} height={24} viewBox={`0 0 ${String(width)} 24`} role="img" aria-label={label}>
      {barsOf(runs, slots).map((bar) => (
        <g key={bar.x}>
          <BarMark bar={bar} />
          {bar.title !== undefined && (
            <>
              <rect x={bar.x - 1} y={0} width={8} height={24} className="f-clear" />
              <title>{bar.title}</title>
            </>
          )}
        </g>
      ))}
    </svg>
  )
}

function BarMark({ bar }: { bar: Bar }) {
  const { x, y, height } = bar
  switch (bar.state) {
    case null:
      return <rect x={x + 1.5} y={18} width={2} height={2} className="f-line-2" />
    case 'running':
      return (
        <rect
          x={x + 0.6}
          y={y + 0.6}
          width={3.8}
          height={height - 0.6}
          rx={1}
          className="s-run f-run-s"
          strokeWidth={1.2}
        />
      )
    case 'queued':
      return <rect x={x + 0.6} y={14.6} width={3.8} height={4.8} rx={1} className="s-idle" strokeWidth={1.2} />
    case 'success':
      return <rect x={x} y={y} width={5} height={height} rx={1} className="f-ok-q" />
    case 'failed':
      return (
        <g className="f-bad">
          <rect x={x} y={y} width={5} height={height} rx={1} />
          <rect x={x + 1} y={21} width={3} height={3} />
        </g>
      )
  }
}

/** Shares of a whole as one bar. */
export function ShareBar({
  shares,
  width,
  label,
}: {
  shares: { value: number; paint: string }[]
  width: number
  label: string
}) {
  const total = shares.reduce((sum, share) => sum + share.value, 0)
  return (
    <span className="bar" role="img" aria-label={label} style={{ width }}>
      {total > 0 &&
        shares
          .filter((share) => share.value > 0)
          .map((share, i) => (
            <i
              key={i}
              className={share.paint}
              style={{ width: `${String((share.value / total) * 100)}%`, minWidth: 2 }}
            />
          ))}
    </span>
  )
}
