import { useQueryClient, type QueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { flushSync } from 'react-dom'
import { sendAll, type Failure, type Request } from '@/lib/bulk'
import { deleting } from '@/lib/live'

export interface Sending {
  /** Requests that were answered, and all of them; null while nothing is sent. */
  progress: { done: number; total: number } | null
  /** Of the last attempt, what the server refused or did not answer. */
  failed: Failure[]
  /** Done so far, over all attempts. */
  done: number
}

const IDLE: Sending = { progress: null, failed: [], done: 0 }

/** Sends an act, a few requests at a time or `atOnce`. What failed can be sent again; `forget` starts over after another choice. */
export function useSend(dagIds: string[], onDone: () => void, atOnce?: number) {
  const client = useQueryClient()
  const [state, setState] = useState(IDLE)
  const send = async (requests: Request[]) => {
    if (state.progress !== null || requests.length === 0) return
    const before = state.done
    const deletes = requests.some((one) => one.method === 'DELETE')
    if (deletes) for (const id of dagIds) deleting.add(id)
    setState({ ...state, failed: [], progress: { done: 0, total: requests.length } })
    const { done, failed } = await sendAll(
      requests,
      (n) => setState((last) => ({ ...last, progress: { done: n, total: requests.length } })),
      atOnce,
    )
    // Whoever leaves the page of what was deleted has left it before it is asked for again.
    flushSync(() => {
      setState({ progress: null, failed, done: before + done.length })
      if (failed.length === 0) onDone()
    })
    for (const id of dagIds) deleting.delete(id)
    if (done.length > 0 || deletes) await readAgain(client, dagIds)
  }
  return { ...state, send, forget: () => setState((last) => (last.progress === null ? IDLE : last)) }
}

/** A page that is left stays, hidden, until the next one is loaded, and would ask again for what was deleted. */
export function forgetDeleted(client: QueryClient, dagId: string, runId?: string): void {
  client.removeQueries({
    predicate: ({ queryKey: [kind, dag, run] }) =>
      dag === dagId && (runId === undefined ? kind === 'dag' || kind === 'run' : kind === 'run' && run === runId),
  })
}

/** The event stream says the same a moment later; who acted does not wait for it. */
export async function readAgain(client: QueryClient, dagIds: string[]): Promise<void> {
  const kinds = ['dags', 'runs', 'home', 'nav', 'events']
  await client.invalidateQueries({
    predicate: ({ queryKey: [kind, dagId] }) =>
      kinds.some((one) => one === kind) || ((kind === 'dag' || kind === 'run') && dagIds.some((one) => one === dagId)),
  })
}
