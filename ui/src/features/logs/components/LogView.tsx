import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { Failed, StaleBar, Bones } from '@/components/Blank'
import { liveStatus } from '@/lib/live'
import type { LogViewProps } from '@/lib/slots'
import { useStore } from '@/lib/store'
import { tailQuery, type LogSource } from '../api/log'
import { LogBody } from './LogBody'

/** The log of one try. It opens at its end, however long it is. */
export default function LogView({ dagId, runId, taskId, mapIndex, tryNumber, exit }: LogViewProps) {
  const source = useMemo(
    (): LogSource => ({ dagId, runId, taskId, mapIndex, tryNumber }),
    [dagId, runId, taskId, mapIndex, tryNumber],
  )
  const paused = useStore(liveStatus).state === 'paused'
  const tail = useQuery(tailQuery(source, paused))
  const [opened] = useState(() => Date.now())
  const retry = () => void tail.refetch()
  return (
    <div className="log-col">
      {tail.data !== undefined && tail.error && (
        <StaleBar error={tail.error} since={tail.dataUpdatedAt} onRetry={retry} />
      )}
      {tail.data === undefined ? (
        tail.error ? (
          <Failed error={tail.error} onRetry={retry} />
        ) : (
          <Bones rows={12} />
        )
      ) : (
        <LogBody source={source} tail={tail.data} exit={exit} opened={opened} />
      )}
    </div>
  )
}
