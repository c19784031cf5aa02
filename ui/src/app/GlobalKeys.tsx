import { useLocation } from 'wouter'
import { useKeys } from '@/lib/keys'
import { createStore, useStore } from '@/lib/store'
import { strings } from '@/lib/strings'
import { undoLast } from '@/lib/toasts'
import { KeysDialog } from './KeysDialog'
import { setNavMode, useNavMode } from './nav-mode'
import { ALL_PLACES } from './places'

export const keysShown = createStore(false)

/** Keys that answer on every screen. */
export function GlobalKeys() {
  const [, navigate] = useLocation()
  const mode = useNavMode()
  const shown = useStore(keysShown)
  useKeys([
    ...ALL_PLACES().flatMap((place) =>
      place.letter === undefined
        ? []
        : [
            {
              keys: [`g ${place.letter}`],
              label: strings.nav.go(place.label),
              run: () => navigate(place.href),
            },
          ],
    ),
    { keys: ['\\'], label: strings.nav.toggle, run: () => setNavMode(mode === 'rail' ? 'side' : 'rail') },
    { keys: ['Ctrl+z'], label: strings.keys.undo, run: undoLast },
    { keys: ['?'], label: strings.keys.all, run: () => keysShown.set(true), foot: true },
  ])
  return shown ? <KeysDialog onClose={() => keysShown.set(false)} /> : null
}
