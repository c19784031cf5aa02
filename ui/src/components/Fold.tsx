import { SlidersHorizontal } from 'lucide-react'
import type { ReactNode } from 'react'
import { useRoom } from '@/lib/media'
import { strings } from '@/lib/strings'
import { Button } from './Button'
import { Popover } from './Popover'

/** Tools beside a search field: in a row, or where there is no room behind one button. */
export function Fold({ children }: { children: ReactNode }) {
  if (useRoom() === 'wide') return children
  return (
    <Popover
      label={strings.actions.view}
      trigger={(props) => (
        <Button {...props} icon={SlidersHorizontal}>
          {strings.actions.view}
        </Button>
      )}
    >
      {() => <div className="folded">{children}</div>}
    </Popover>
  )
}
