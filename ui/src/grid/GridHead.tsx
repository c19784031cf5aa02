import type { GridRun } from '@/api/contract'
import { RUN_TYPES } from '@/components/state/table'
import type { Dates } from '@/lib/dates'
import { durationStep, tickLabel, type AxisMarks } from './axis'
import { COLUMN, HEAD } from './geometry'

const BASE = 64
const BARS = 54
const HEIGHT_MIN = 2
/** Half of a label: the first one would stand under the tree. */
const LABEL_HALF = 20

export function longestOf(runs: GridRun[], now: number, typical: number | null): number {
  return Math.max(
    1_000,
    ...runs.map((run) => durationOf(run, now) ?? 0),
    runs.some((run) => run.end === null) ? (typical ?? 0) : 0,
  )
}

function durationOf(run: GridRun, now: number): number | null {
  return run.start === null ? null : (run.end ?? now) - run.start
}

/** The left end of the duration axis. */
export function AxisLabels({ longest, label, width }: { longest: number; label: string; width: number }) {
  const step = durationStep(longest)
  return (
    <div className="gv-corner" style={{ width }}>
      <span className="gv-axis-name">{label}</span>
      {[3, 2, 1].map((n) => (
        <span key={n} className={`gv-tick gv-tick-${String(n)}`}>
          {tickLabel(n * step, step)}
        </span>
      ))}
    </div>
  )
}

/** Durations of the runs as bars, with days and version changes. `from` is the first column drawn. */
export function GridHead({
  left,
  runs,
  marks,
  from,
  to,
  now,
  typical,
  dates,
  onOpen,
  width,
  longest,
}: {
  left: number
  runs: GridRun[]
  marks: AxisMarks
  from: number
  to: number
  now: number
  typical: number | null
  dates: Dates
  onOpen: (run: GridRun) => void
  width: number
  longest: number
}) {
  const end = durationStep(longest) * 3
  return (
    <svg
      className="gv-bars"
      style={{ left }}
      width={width}
      height={HEAD}
      onClick={(event) => {
        const column = Math.floor((event.clientX - event.currentTarget.getBoundingClientRect().left) / COLUMN)
        const run = runs[column]
        if (run) onOpen(run)
      }}
    >
      {runs.slice(from, to).map((run, i) => (
        <RunBar
          key={run.run_id}
          run={run}
          x={(from + i) * COLUMN + 4}
          duration={durationOf(run, now)}
          typical={typical}
          end={end}
          dates={dates}
        />
      ))}
      <Marks marks={marks} from={from} to={to} />
    </svg>
  )
}

function RunBar({
  run,
  x,
  duration,
  typical,
  end,
  dates,
}: {
  run: GridRun
  x: number
  duration: number | null
  typical: number | null
  end: number
  dates: Dates
}) {
  const scale = (ms: number) => Math.max(HEIGHT_MIN, Math.round((Math.min(ms, end) / end) * BARS))
  const height = scale(duration ?? 0)
  const y = BASE - height
  const mark = RUN_TYPES[run.run_type].mark
  const title = <title>{`${dates.dateTime(run.run_after)}, ${run.state}, ${RUN_TYPES[run.run_type].label}`}</title>
  if (run.state === 'queued')
    return (
      <g className="gv-bar">
        <rect x={x + 0.7} y={BASE - 8} width={10.6} height={7.3} rx={2} className="s-idle" strokeWidth={1.4} />
        {title}
      </g>
    )
  return (
    <g className="gv-bar">
      {run.state === 'running' && typical !== null && typical > (duration ?? 0) && (
        <rect
          x={x + 0.5}
          y={BASE - scale(typical) + 0.5}
          width={11}
          height={scale(typical) - 1}
          rx={2}
          className="s-run"
          strokeDasharray="2 2"
        />
      )}
      <rect
        x={x}
        y={y}
        width={12}
        height={height}
        rx={2}
        className={run.state === 'failed' ? 'f-bad' : run.state === 'running' ? 'f-run' : 'f-ok-q'}
      />
      {run.state === 'failed' && height >= 10 && (
        <path d={`m${String(x + 4)} ${String(y + 4)} 4 4m0-4-4 4`} className="s-white" strokeWidth={1.4} />
      )}
      {run.state === 'failed' && height < 10 && <rect x={x + 4} y={BASE + 1} width={4} height={3} className="f-bad" />}
      {mark !== null && <path d={mark} transform={`translate(${String(x + 6)} 57)`} className="f-ink" />}
      {title}
    </g>
  )
}

function Marks({ marks, from, to }: { marks: AxisMarks; from: number; to: number }) {
  const isNear = (column: number) => column >= from && column <= to
  return (
    <>
      {marks.days.filter(isNear).map((column) => (
        <path key={column} d={`M${String(column * COLUMN + 0.5)} 64V80`} className="s-line-2" />
      ))}
      {marks.versions
        .filter((one) => isNear(one.column))
        .map(({ column, label }) => (
          <g key={column}>
            <path d={`M${String(column * COLUMN + 0.5)} 14V64`} className="s-ink-4" strokeDasharray="2 3" />
            <rect x={column * COLUMN - 12} y={1.5} width={25} height={13} rx={3} className="gv-version" />
            <text x={column * COLUMN + 0.5} y={11.5} fontSize={9.5} textAnchor="middle" className="gv-version-text">
              {label}
            </text>
          </g>
        ))}
      {marks.labels
        .filter((one) => isNear(one.column))
        .map((label) => (
          <text
            key={label.column}
            x={Math.max(label.column * COLUMN + 10, LABEL_HALF)}
            y={75}
            fontSize={10}
            textAnchor="middle"
            className={label.strong ? 'gv-label strong' : 'gv-label'}
          >
            {label.text}
          </text>
        ))}
    </>
  )
}
