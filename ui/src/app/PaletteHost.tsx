import { useQuery } from '@tanstack/react-query'
import { Keyboard, Radio, SunMoon } from 'lucide-react'
import { useEffect, useMemo } from 'react'
import { useLocation } from 'wouter'
import { usePause } from '@/features/dags/api/actions'
import { visitOf } from '@/features/palette/model'
import { Palette } from '@/features/palette/Palette'
import type { Command } from '@/features/palette/sections'
import { remember } from '@/features/palette/visits'
import { useKeys } from '@/lib/keys'
import { useLiveToggle } from '@/lib/live-toggle'
import { isAllowed, sessionQuery } from '@/lib/session'
import { useSlots } from '@/lib/slots'
import { strings } from '@/lib/strings'
import { toggleTheme } from '@/lib/theme'
import { keysShown } from './GlobalKeys'
import { placesFor } from './places'

/** Opens the palette from anywhere, tells it what the app has, and notes the places that are visited. */
export function PaletteHost({ open, setOpen }: { open: boolean; setOpen: (open: boolean) => void }) {
  const [location] = useLocation()
  const session = useQuery(sessionQuery()).data
  const { openTrigger } = useSlots()
  const pause = usePause()
  const toggleLive = useLiveToggle()
  useKeys([{ keys: ['Ctrl+k'], label: strings.palette.key, run: () => setOpen(true), inFields: true }])

  useEffect(() => {
    const visit = visitOf(location)
    if (visit && session) remember(session.username, visit)
  }, [location, session])

  const commands = useMemo(
    (): Command[] => [
      { key: 'theme', label: strings.palette.theme, icon: SunMoon, run: toggleTheme },
      { key: 'live', label: strings.palette.live, icon: Radio, run: toggleLive },
      { key: 'keys', label: strings.palette.keys, icon: Keyboard, run: () => keysShown.set(true) },
    ],
    [toggleLive],
  )

  if (!open || !session) return null
  return (
    <Palette
      pages={placesFor(session.role)}
      commands={commands}
      onClose={() => setOpen(false)}
      doing={{
        trigger: openTrigger,
        pause: (dagId, paused) => void pause(dagId, paused),
        mayAct: isAllowed(session.role, 'user'),
      }}
    />
  )
}
