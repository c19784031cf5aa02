import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import type { FailedRun } from '@/api/contract'
import { sendAll } from '@/lib/bulk'
import { path } from '@/lib/http'
import { strings } from '@/lib/strings'
import { showToast, showUndo } from '@/lib/toasts'

const text = strings.home.attention

/** Notes that failed runs of one DAG were seen, so that they ask nobody any more; the toast takes it back. */
export function useAcknowledge(): (runs: FailedRun[]) => Promise<void> {
  const client = useQueryClient()
  return useCallback(
    async (runs) => {
      const send = async (method: 'PUT' | 'DELETE') => {
        const sent = await sendAll(
          runs.map((run) => ({
            method,
            url: path`/ui/runs/${run.dag_id}/${run.run_id}/acknowledgement`,
            name: run.run_id,
          })),
          () => undefined,
        )
        void client.invalidateQueries({ queryKey: ['home'] })
        return sent
      }
      const { done, failed } = await send('PUT')
      const [first] = failed
      const [run] = runs
      if (first) showToast({ text: first.message, tone: 'bad' })
      else if (run)
        showUndo(text.acknowledged(run.dag_id, done.length), strings.actions.undo, () => void send('DELETE'))
    },
    [client],
  )
}
