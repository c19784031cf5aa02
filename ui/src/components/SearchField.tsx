import { Search, X } from 'lucide-react'
import { useRef, type ReactNode } from 'react'
import { useKeys } from '@/lib/keys'
import { strings } from '@/lib/strings'
import { Kbd } from './Button'
import { Icon } from './Icon'

/** A filter field: `/` goes into it, Enter leaves it, Escape empties it and then leaves it. Tokens stand before the text. */
export function SearchField({
  value,
  onChange,
  placeholder,
  width,
  tokens,
  onBackspace,
  onEnter,
}: {
  value: string
  onChange: (value: string) => void
  placeholder: string
  width: number
  tokens?: ReactNode
  onBackspace?: () => void
  /** What was typed is meant as it stands. */
  onEnter?: () => void
}) {
  const input = useRef<HTMLInputElement>(null)
  useKeys([{ keys: ['/'], label: strings.keys.search, run: () => input.current?.focus() }])
  return (
    <label className="field" style={{ width }}>
      <Icon of={Search} size={14} />
      {tokens}
      <input
        ref={input}
        type="search"
        value={value}
        placeholder={placeholder}
        aria-label={placeholder}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Backspace' && value === '') onBackspace?.()
          if (event.key === 'Enter') onEnter?.()
          if (event.key !== 'Escape' && event.key !== 'Enter' && event.key !== 'ArrowDown') return
          event.preventDefault()
          if (value === '' || event.key !== 'Escape') event.currentTarget.blur()
          else onChange('')
        }}
      />
      {value === '' ? (
        <Kbd>/</Kbd>
      ) : (
        <button type="button" aria-label={strings.actions.clear} onClick={() => onChange('')}>
          <Icon of={X} size={12} />
        </button>
      )}
    </label>
  )
}

/** `state failed ×` in a search field. */
export function Token({ name, value, onRemove }: { name: string; value: string; onRemove: () => void }) {
  return (
    <span className="tok">
      {name} <b>{value}</b>
      <button type="button" aria-label={`${strings.actions.clear} ${name} ${value}`} onClick={onRemove}>
        <Icon of={X} size={12} />
      </button>
    </span>
  )
}
