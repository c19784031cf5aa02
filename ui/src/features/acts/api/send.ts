import { sendJson } from '@/lib/http'
import { strings } from '@/lib/strings'
import type { AnsweredInstance } from '../preview'
import type { Request } from '../requests'

/** Requests of one act that are under way at the same time. */
const AT_ONCE = 4

export interface Failure {
  request: Request
  message: string
}

export interface Outcome {
  done: number
  failed: Failure[]
}

/** Sends a few at a time, in order; one that fails stops none of the others. */
export async function sendAll(requests: readonly Request[], onProgress: (done: number) => void): Promise<Outcome> {
  const failures = new Map<number, Failure>()
  let next = 0
  let finished = 0
  const work = async () => {
    for (let i = next++; i < requests.length; i = next++) {
      const request = requests[i]
      if (request === undefined) return
      try {
        await sendJson(request.method, request.url, request.body)
      } catch (error) {
        failures.set(i, { request, message: error instanceof Error ? error.message : strings.states.noChange })
      }
      finished += 1
      onProgress(finished)
    }
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, requests.length) }, work))
  const failed = [...failures].sort(([a], [b]) => a - b).map(([, failure]) => failure)
  return { done: requests.length - failed.length, failed }
}

export interface Asked {
  request: Request
  instances: AnsweredInstance[]
}

/** Asks what each request would change. One refusal is the answer for all of them. */
export async function askAll(requests: readonly Request[], signal: AbortSignal): Promise<Asked[]> {
  const asked: Asked[] = []
  let next = 0
  const work = async () => {
    for (let i = next++; i < requests.length; i = next++) {
      const request = requests[i]
      if (request === undefined || signal.aborted) return
      const { task_instances } = await sendJson<{ task_instances: AnsweredInstance[] }>(
        request.method,
        request.url,
        request.body,
      )
      // A task that is new to its run is answered without it.
      asked[i] = {
        request,
        instances: task_instances.map((one) =>
          one.dag_run_id === undefined ? { ...one, dag_run_id: request.name, isNew: true } : one,
        ),
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, requests.length) }, work))
  return asked
}
