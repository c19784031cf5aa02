import { useQueryClient, type QueryClient } from '@tanstack/react-query'
import { useCallback, useState } from 'react'
import { sendAll, type Failure, type Request } from '@/lib/bulk'
import { path, sendJson } from '@/lib/http'
import { strings } from '@/lib/strings'
import { showToast, showUndo } from '@/lib/toasts'

const text = strings.dags

const pauseRequests = (ids: readonly string[], paused: boolean): Request[] =>
  ids.map((id) => ({ method: 'PATCH', url: path`/api/v2/dags/${id}`, body: { is_paused: paused }, name: id }))

const triggerRequests = (ids: readonly string[]): Request[] =>
  ids.map((id) => ({ method: 'POST', url: path`/api/v2/dags/${id}/dagRuns`, body: { logical_date: null }, name: id }))

// The way back is offered at once, not only when the lists were read again.
const readAgain = (client: QueryClient, kinds: string[]) => {
  for (const kind of kinds) void client.invalidateQueries({ queryKey: [kind] })
}

const sayPaused = (ids: string[], paused: boolean) => {
  const [only] = ids
  return ids.length === 1 && only !== undefined
    ? (paused ? text.paused : text.resumed)(only)
    : (paused ? text.pausedMany : text.resumedMany)(ids.length)
}

/** Switches a DAG on or off; the toast takes it back. */
export function usePause(): (dagId: string, paused: boolean) => Promise<void> {
  const client = useQueryClient()
  return useCallback(
    async (dagId, paused) => {
      const send = async (to: boolean): Promise<boolean> => {
        try {
          await sendJson('PATCH', path`/api/v2/dags/${dagId}`, { is_paused: to })
          return true
        } catch (error) {
          showToast({ text: error instanceof Error ? error.message : strings.states.noChange, tone: 'bad' })
          return false
        } finally {
          readAgain(client, ['dags', 'dag'])
        }
      }
      if (await send(paused)) showUndo(sayPaused([dagId], paused), strings.actions.undo, () => void send(!paused))
    },
    [client],
  )
}

export interface Bulk {
  progress: { answered: number; total: number } | null
  failed: Failure[]
  total: number
}

const IDLE: Bulk = { progress: null, failed: [], total: 0 }

/** Pauses, resumes or triggers many, a few at a time. What failed is kept with its reason. */
export function useBulk() {
  const client = useQueryClient()
  const [state, setState] = useState(IDLE)
  const run = async (requests: Request[]): Promise<string[]> => {
    setState({ ...IDLE, progress: { answered: 0, total: requests.length } })
    const { done, failed } = await sendAll(requests, (answered) =>
      setState({ ...IDLE, progress: { answered, total: requests.length } }),
    )
    setState({ progress: null, failed, total: requests.length })
    readAgain(client, ['dags', 'dag', 'runs', 'nav'])
    return done.map((one) => one.name)
  }
  return {
    ...state,
    forget: () => setState(IDLE),
    pause: async (ids: string[], paused: boolean): Promise<string[]> => {
      const done = await run(pauseRequests(ids, paused))
      if (done.length > 0)
        showUndo(sayPaused(done, paused), strings.actions.undo, () => void run(pauseRequests(done, !paused)))
      return done
    },
    trigger: async (ids: string[]): Promise<string[]> => {
      const done = await run(triggerRequests(ids))
      const [only] = done
      if (only !== undefined)
        showToast({ text: done.length > 1 ? text.triggeredMany(done.length) : text.triggered(only) })
      return done
    },
  }
}
