import { sendJson, type ChangeMethod } from './http'
import { strings } from './strings'

/** Requests of one act that are under way at the same time. */
const AT_ONCE = 4

export interface Request {
  method: ChangeMethod
  url: string
  body?: Record<string, unknown>
  /** What it is about, for when it fails. */
  name: string
}

export interface Failure {
  request: Request
  message: string
}

export interface Outcome {
  /** In the order of the requests. */
  done: Request[]
  failed: Failure[]
}

/** Sends a few at a time, in order; one that fails stops none of the others. */
export async function sendAll(
  requests: readonly Request[],
  onProgress: (answered: number) => void,
  atOnce = AT_ONCE,
): Promise<Outcome> {
  let answered = 0
  const send = async (request: Request): Promise<Failure | null> => {
    let failure: Failure | null = null
    try {
      await sendJson(request.method, request.url, request.body)
    } catch (error) {
      failure = { request, message: error instanceof Error ? error.message : strings.states.noChange }
    }
    answered += 1
    onProgress(answered)
    return failure
  }
  const results = await fewAtATime(requests, send, atOnce)
  return {
    done: requests.filter((_, i) => results[i] === null),
    failed: results.filter((one) => one !== null),
  }
}

/** Works through a list with a few under way at the same time; the first that throws ends it. */
export async function fewAtATime<T, R>(
  all: readonly T[],
  work: (one: T) => Promise<R>,
  atOnce = AT_ONCE,
): Promise<R[]> {
  const results = new Array<R>(all.length)
  const rest = all.entries()
  const worker = async () => {
    for (const [i, one] of rest) results[i] = await work(one)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, all.length) }, worker))
  return results
}
