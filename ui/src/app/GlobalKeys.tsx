import { useLocation } from 'wouter'
import { copyText } from '@/lib/clipboard'
import { useKeys } from '@/lib/keys'
import { createStore, useStore } from '@/lib/store'
import { strings } from '@/lib/strings'
import { showToast, undoLast } from '@/lib/toasts'
import { KeysDialog } from './KeysDialog'
import { setNavMode, useNavMode } from './nav-mode'
import { ALL_PLACES } from './places'

export const keysShown = createStore(false)

/** The address holds what is seen: view, filters and selection. Where it cannot be copied, it is shown. */
async function copyLink(): Promise<void> {
  const link = window.location.href
  showToast({ text: (await copyText(link)) ? strings.keys.linkCopied : link })
}

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
    { keys: ['y'], label: strings.keys.copyLink, run: () => void copyLink() },
    { keys: ['Ctrl+z'], label: strings.keys.undo, run: undoLast },
    { keys: ['?'], label: strings.keys.all, run: () => keysShown.set(true), foot: true },
  ])
  return shown ? <KeysDialog onClose={() => keysShown.set(false)} /> : null
}
