import { queryOptions, useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { getJson, path, sendJson } from './http'
import { strings } from './strings'
import { showToast, showUndo } from './toasts'

export const runUrl = (dagId: string, runId: string) => path`/api/v2/dags/${dagId}/dagRuns/${runId}`

/** A task instance that is one of many has its index in the address. */
export const taskUrl = (dagId: string, runId: string, taskId: string, mapIndex: number) =>
  `${runUrl(dagId, runId)}/taskInstances${path`/${taskId}`}${mapIndex < 0 ? '' : `/${String(mapIndex)}`}`

/** The note of a task instance; the server's screens do not carry it. */
export const taskNoteQuery = (dagId: string, runId: string, taskId: string, mapIndex: number) =>
  queryOptions({
    queryKey: ['run', dagId, runId, 'note', taskId, mapIndex],
    queryFn: ({ signal }) => getJson<{ note: string | null }>(taskUrl(dagId, runId, taskId, mapIndex), signal),
  })

/** Saves the note of a run or a task instance; the toast and Ctrl Z put the one before back. */
export function useSaveNote(url: string, dagId: string, before: string | null): (note: string) => Promise<void> {
  const client = useQueryClient()
  return useCallback(
    async (note) => {
      const send = async (value: string) => {
        await sendJson('PATCH', url, { note: value })
        await client.invalidateQueries({
          predicate: ({ queryKey: [kind, id] }) =>
            kind === 'runs' || kind === 'events' || (kind === 'run' && id === dagId),
        })
      }
      await send(note)
      const undo = async () => {
        try {
          await send(before ?? '')
        } catch (error) {
          showToast({ text: error instanceof Error ? error.message : strings.states.noChange, tone: 'bad' })
        }
      }
      showUndo(
        note === '' ? strings.acts.notes.removed : strings.acts.notes.saved,
        strings.actions.undo,
        () => void undo(),
      )
    },
    [client, url, dagId, before],
  )
}
