import { keyCaps, useShortcuts } from '@/lib/keys'
import { footNote } from '@/lib/screen'
import { useStore } from '@/lib/store'
import { Kbd } from './Button'

/** The keys that answer now, and on the right what is shown. */
export function FootBar() {
  const shown = useShortcuts().filter((one) => one.foot)
  // What leads to all keys comes last.
  const shortcuts = [
    ...shown.filter((one) => !one.keys.includes('?')),
    ...shown.filter((one) => one.keys.includes('?')),
  ]
  const note = useStore(footNote)
  return (
    <footer className="hints">
      {shortcuts.map((one) => (
        <span key={`${one.keys.join(' ')} ${one.label}`} className="hint">
          {keyCaps(one).map((cap, i) => (cap === '–' ? <span key={i}>–</span> : <Kbd key={i}>{cap}</Kbd>))} {one.label}
        </span>
      ))}
      <span className="note">{note}</span>
    </footer>
  )
}
