import { useNow } from '@/lib/clock'
import { age } from '@/lib/durations'
import { strings } from '@/lib/strings'

export const WAITING_PX = 24

/** Below the last line of a log that is still written: how long nothing came. */
export function WaitingRow({ n, since }: { n: number; since: number }) {
  const now = useNow()
  return (
    <div className="log-waiting">
      <span className="no" aria-hidden>
        {n}
      </span>
      <span>
        <i />
        {strings.logs.waiting(age(now - since))}
      </span>
    </div>
  )
}
