import { useQueryClient, type QueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { useLocation } from 'wouter'
import { path, sendJson } from '@/lib/http'
import { links } from '@/lib/links'
import { strings } from '@/lib/strings'
import { showToast, showUndo } from '@/lib/toasts'

const text = strings.dags

const sayWhy = (error: unknown) =>
  showToast({ text: error instanceof Error ? error.message : strings.states.noChange, tone: 'bad' })

/** Does it to one after the other and stops at the first refusal, which it shows. Answers how many were done. */
async function forEach(ids: string[], act: (id: string) => Promise<unknown>): Promise<number> {
  let done = 0
  for (const id of ids) {
    try {
      await act(id)
    } catch (error) {
      sayWhy(error)
      return done
    }
    done += 1
  }
  return done
}

async function setPaused(client: QueryClient, ids: string[], paused: boolean): Promise<number> {
  const done = await forEach(ids, (id) => sendJson('PATCH', path`/api/v2/dags/${id}`, { is_paused: paused }))
  // The way back is offered at once, not only when the lists were read again.
  for (const kind of ['dags', 'dag']) void client.invalidateQueries({ queryKey: [kind] })
  return done
}

/** Switches DAGs on or off; the toast takes it back. */
export function usePauseMany(): (ids: string[], paused: boolean) => Promise<void> {
  const client = useQueryClient()
  return useCallback(
    async (ids, paused) => {
      const done = ids.slice(0, await setPaused(client, ids, paused))
      const [only] = done
      if (only === undefined) return
      const said =
        done.length > 1
          ? (paused ? text.pausedMany : text.resumedMany)(done.length)
          : (paused ? text.paused : text.resumed)(only)
      showUndo(said, strings.actions.undo, () => void setPaused(client, done, !paused))
    },
    [client],
  )
}

export function usePause(): (dagId: string, paused: boolean) => Promise<void> {
  const many = usePauseMany()
  return useCallback((dagId, paused) => many([dagId], paused), [many])
}

/** Starts a run of each with the defaults of the DAG. */
export function useTriggerMany(): (ids: string[]) => Promise<void> {
  const client = useQueryClient()
  const [, navigate] = useLocation()
  return useCallback(
    async (ids) => {
      let runId = ''
      const done = await forEach(ids, async (id) => {
        runId = (
          await sendJson<{ dag_run_id: string }>('POST', path`/api/v2/dags/${id}/dagRuns`, { logical_date: null })
        ).dag_run_id
      })
      const [only] = ids.slice(0, done)
      if (only === undefined) return
      if (done > 1) showToast({ text: text.triggeredMany(done) })
      else
        showToast({
          text: text.triggered(only),
          action: { label: text.openRun, run: () => navigate(links.run(only, runId)) },
        })
      await Promise.all(['dags', 'dag', 'runs'].map((kind) => client.invalidateQueries({ queryKey: [kind] })))
    },
    [client, navigate],
  )
}
