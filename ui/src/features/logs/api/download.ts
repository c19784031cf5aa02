import { ApiError, path, withQuery } from '@/lib/http'
import type { LogSource } from './log'

/** Saves the whole log as a text file. */
export async function downloadLog(source: LogSource): Promise<void> {
  const url = withQuery(
    path`/api/v2/dags/${source.dagId}/dagRuns/${source.runId}/taskInstances/${source.taskId}/logs/${source.tryNumber}`,
    {
      map_index: source.mapIndex < 0 ? null : source.mapIndex,
    },
  )
  const response = await fetch(url, { credentials: 'same-origin', headers: { Accept: 'text/plain' } })
  if (!response.ok)
    throw new ApiError(response.status, `The server answered ${String(response.status)} ${response.statusText}`.trim())
  const link = document.createElement('a')
  link.href = URL.createObjectURL(await response.blob())
  link.download = fileName(source)
  link.click()
  URL.revokeObjectURL(link.href)
}

export function fileName({ dagId, runId, taskId, mapIndex, tryNumber }: LogSource): string {
  const parts = [dagId, runId, mapIndex < 0 ? taskId : `${taskId}[${String(mapIndex)}]`, `try${String(tryNumber)}`]
  return `${parts.join('.').replaceAll(/[^\w.[\]+-]+/g, '_')}.log`
}
