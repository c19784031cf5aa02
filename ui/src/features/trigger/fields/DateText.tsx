import { Calendar } from 'lucide-react'
import { useRef, type ReactNode } from 'react'
import { IconButton } from '@/components/Button'
import { strings } from '@/lib/strings'

const text = strings.trigger

/** A date as text, the same in every language, with the browser's picker behind a button. */
export function DateText({
  id,
  kind,
  shown,
  picked,
  placeholder,
  readOnly = false,
  invalid,
  describedBy,
  onType,
  onPick,
  children,
}: {
  id: string
  kind: 'date' | 'datetime-local'
  /** The text, and the value of the picker. */
  shown: string
  picked: string
  placeholder?: string | undefined
  readOnly?: boolean
  invalid: boolean
  describedBy?: string | undefined
  onType: (typed: string) => void
  onPick: (picked: string) => void
  children?: ReactNode
}) {
  const picker = useRef<HTMLInputElement>(null)
  return (
    <span className={invalid ? 'field middle date bad' : 'field middle date'}>
      <input
        id={id}
        value={shown}
        placeholder={placeholder}
        readOnly={readOnly}
        aria-invalid={invalid}
        aria-describedby={describedBy}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => onType(event.target.value)}
      />
      {children}
      <IconButton look="bare" small icon={Calendar} label={text.pick} onClick={() => picker.current?.showPicker()} />
      <input
        ref={picker}
        className="picker"
        type={kind}
        step={kind === 'date' ? undefined : 1}
        value={picked}
        tabIndex={-1}
        aria-hidden
        onChange={(event) => event.target.value !== '' && onPick(event.target.value)}
      />
    </span>
  )
}
