import type { ReactNode } from 'react'
import { useNow } from '@/lib/clock'
import { useDates } from '@/lib/dates'
import { age } from '@/lib/durations'
import { liveStatus } from '@/lib/live'
import { useLiveToggle } from '@/lib/live-toggle'
import { useStore } from '@/lib/store'
import { strings } from '@/lib/strings'

/** Where I am, state and facts on the left; the live mark and actions on the right. */
export function TopBar({ children, actions }: { children: ReactNode; actions?: ReactNode }) {
  return (
    <header className="top">
      {children}
      <div className="grow" />
      <LiveMark />
      {actions && (
        <>
          <div className="vr" />
          {actions}
        </>
      )}
    </header>
  )
}

function LiveMark() {
  const { state, heard } = useStore(liveStatus)
  const toggle = useLiveToggle()
  const now = useNow()
  const dates = useDates()
  const text = state === 'reconnecting' ? strings.live.reconnecting(age(now - heard)) : strings.live[state]
  return (
    <>
      <button
        type="button"
        className={`live ${state}`}
        title={state === 'paused' ? strings.live.resume : strings.live.pause}
        onClick={toggle}
      >
        {text}
      </button>
      <span className="t12 i3 nowrap wide-only">
        {dates.clock(now)} {dates.zoneName}
      </span>
    </>
  )
}
