import type { ReactNode } from 'react'
import { useKeys } from '@/lib/keys'
import { strings } from '@/lib/strings'
import { Button } from './Button'

/** What is selected and what can be done with it, at the foot of the screen; Escape selects nothing. */
export function SelectionBar({
  label,
  onClear,
  children,
}: {
  label: string
  onClear: () => void
  children: ReactNode
}) {
  useKeys([{ keys: ['Escape'], label: strings.acts.unselect.toLowerCase(), run: onClear, foot: true }])
  return (
    <div className="select-bar" role="toolbar" aria-label={label}>
      <b role="status">{label}</b>
      {children}
      <span className="grow" />
      <Button look="bare" hint="Esc" onClick={onClear}>
        {strings.acts.unselect}
      </Button>
    </div>
  )
}
