import { Check } from 'lucide-react'
import type { ReactNode } from 'react'

export interface Choice<T extends string> {
  value: T
  label: string
  count?: ReactNode
}

/** One of a few, side by side. */
export function Segmented<T extends string>({
  choices,
  value,
  onChange,
  label,
  small,
}: {
  choices: readonly Choice<T>[]
  value: T
  onChange: (value: T) => void
  label: string
  small?: boolean
}) {
  return (
    <div className={small ? 'seg sm' : 'seg'} role="group" aria-label={label}>
      {choices.map((choice) => (
        <button
          key={choice.value}
          type="button"
          className={choice.value === value ? 'on' : ''}
          aria-pressed={choice.value === value}
          onClick={() => onChange(choice.value)}
        >
          {choice.label}
          {choice.count !== undefined && <span className="n">{choice.count}</span>}
        </button>
      ))}
    </div>
  )
}

export function Switch({
  on,
  onChange,
  label,
  disabled,
}: {
  on: boolean
  onChange: (on: boolean) => void
  label: string
  disabled?: boolean
}) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={on}
      aria-label={label}
      title={label}
      disabled={disabled}
      className={on ? 'sw' : 'sw off'}
      onClick={(event) => {
        event.stopPropagation()
        onChange(!on)
      }}
    />
  )
}

export function Checkbox({ on, onChange, label }: { on: boolean; onChange: (on: boolean) => void; label: string }) {
  return (
    <button
      type="button"
      role="checkbox"
      aria-checked={on}
      aria-label={label}
      className={on ? 'check on' : 'check'}
      onClick={() => onChange(!on)}
    >
      {on && <Check size={10} strokeWidth={3} aria-hidden />}
    </button>
  )
}

export function Tag({ children, line }: { children: ReactNode; line?: boolean }) {
  return <span className={line ? 'tag line' : 'tag'}>{children}</span>
}

/** Terms and their values. */
export function Facts({ rows }: { rows: (readonly [term: string, value: ReactNode] | null)[] }) {
  return (
    <dl className="kv">
      {rows.map(
        (row) =>
          row && (
            <div key={row[0]} className="kv-row">
              <dt>{row[0]}</dt>
              <dd>{row[1]}</dd>
            </div>
          ),
      )}
    </dl>
  )
}
