import type { RefObject } from 'react'
import type { ActTarget } from '@/lib/acts'
import { ClearPopover } from './ClearPopover'
import { MarkPopover } from './MarkPopover'
import { DeleteRunsPopover, MarkRunsPopover, StopPopover } from './RunPopovers'

export type Act = 'clear' | 'clear-failed' | 'mark' | 'stop' | 'delete'

export interface PopoverProps {
  anchor: RefObject<Element | null>
  onClose: () => void
  /** It went through in full. */
  onDone: () => void
}

/** The popover of an act on a target. Tasks are neither stopped nor deleted. */
export default function ActPopover({ act, target, ...rest }: PopoverProps & { act: Act; target: ActTarget }) {
  if (act === 'clear' || act === 'clear-failed')
    return <ClearPopover target={target} failedOnly={act === 'clear-failed'} {...rest} />
  if (target.kind === 'tasks') return act === 'mark' ? <MarkPopover parts={target.parts} {...rest} /> : null
  switch (act) {
    case 'mark':
      return <MarkRunsPopover runs={target.runs} {...rest} />
    case 'stop':
      return <StopPopover runs={target.runs} {...rest} />
    case 'delete':
      return <DeleteRunsPopover runs={target.runs} {...rest} />
  }
}
