import { fewAtATime, type Request } from '@/lib/bulk'
import { sendJson } from '@/lib/http'
import type { AnsweredInstance } from '../preview'

export interface Asked {
  request: Request
  instances: AnsweredInstance[]
}

/** Asks what each request would change. One refusal is the answer for all of them. */
export async function askAll(requests: readonly Request[], signal: AbortSignal): Promise<Asked[]> {
  return await fewAtATime(requests, async (request): Promise<Asked> => {
    signal.throwIfAborted()
    const { task_instances } = await sendJson<{ task_instances: AnsweredInstance[] }>(
      request.method,
      request.url,
      request.body,
    )
    // A task that is new to its run is answered without it.
    const instances = task_instances.map((one) =>
      one.dag_run_id === undefined ? { ...one, dag_run_id: request.name, isNew: true } : one,
    )
    return { request, instances }
  })
}
