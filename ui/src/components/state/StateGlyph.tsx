import type { TaskState } from '@/api/contract'
import { CellPainter } from './cell-path'
import { GLYPHS } from './shapes'
import { STATES, type Counts } from './table'

/** The mark of a state beside text. Without a `label` beside it, it speaks its state; with one, pass `quiet`. */
export function StateGlyph({ state, size = 14, quiet = false }: { state: TaskState; size?: number; quiet?: boolean }) {
  return (
    <svg
      className="st-glyph"
      width={size}
      height={size}
      viewBox="0 0 14 14"
      {...(quiet ? { 'aria-hidden': true } : { role: 'img', 'aria-label': STATES[state].label })}
    >
      <GlyphLayers state={state} />
    </svg>
  )
}

/** The same shape for use inside a larger drawing. */
export function GlyphLayers({ state }: { state: TaskState }) {
  return GLYPHS[state].map((layer, i) => (
    <path
      key={i}
      d={layer.d.startsWith('M') ? layer.d : `M0 0${layer.d}`}
      className={layer.spin ? `${layer.paint} spin` : layer.paint}
      strokeWidth={layer.width}
      strokeDasharray={layer.dash}
    />
  ))
}

/** Glyph and label in the colour of the family. */
export function StateText({ state, label }: { state: TaskState; label?: string }) {
  return (
    <span className={`st ${STATES[state].family}-t`}>
      <StateGlyph state={state} quiet />
      {label ?? STATES[state].label}
    </span>
  )
}

export function StatePill({ state, label }: { state: TaskState; label?: string }) {
  return (
    <span className={`pill ${STATES[state].family}`}>
      <StateGlyph state={state} size={12} quiet />
      {label ?? STATES[state].label}
    </span>
  )
}

/** One cell of the grid on its own: in legends and fields of instances. */
export function StateCell({ state, size = 14 }: { state: TaskState; size?: number }) {
  const painter = new CellPainter()
  painter.state(state, 0, 0)
  return <Markup size={size} label={STATES[state].label} markup={painter.toMarkup()} />
}

export function CountsCell({ counts, size = 14, label }: { counts: Counts; size?: number; label: string }) {
  const painter = new CellPainter()
  painter.counts(counts, 0, 0)
  return <Markup size={size} label={label} markup={painter.toMarkup()} />
}

function Markup({ size, label, markup }: { size: number; label: string; markup: string }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 14 14"
      role="img"
      aria-label={label}
      dangerouslySetInnerHTML={{ __html: markup }}
    />
  )
}

/** Legend of cells, in order of severity. */
export function StateLegend({ states }: { states: TaskState[] }) {
  return (
    <div className="legend">
      {states.map((state) => (
        <span key={state}>
          <StateCell state={state} size={12} />
          {STATES[state].label.toLowerCase()}
        </span>
      ))}
    </div>
  )
}
