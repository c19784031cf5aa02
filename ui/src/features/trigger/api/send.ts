import { ApiError, getJson, path, sendJson } from '@/lib/http'
import { strings } from '@/lib/strings'

export interface TriggerRequest {
  dag_run_id: string
  logical_date: string | null
  conf: Record<string, unknown>
}

/** Words of a refusal, each where it belongs. */
export interface Refused {
  params: Record<string, string>
  runId: string | null
  date: string | null
  general: string | null
}

export type Outcome =
  | { kind: 'created'; runId: string }
  | ({ kind: 'refused' } & Refused)
  /** Nobody knows: the run may exist. */
  | { kind: 'lost'; message: string }

/**
 * Creates a run. The name of the run is always given, so that a request whose answer was lost can be asked after:
 * with `mayExist` that happens first.
 */
export async function sendTrigger(
  dagId: string,
  request: TriggerRequest,
  params: string[],
  mayExist: boolean,
): Promise<Outcome> {
  try {
    if (mayExist && (await exists(dagId, request.dag_run_id))) return { kind: 'created', runId: request.dag_run_id }
    const run = await sendJson<{ dag_run_id: string }>('POST', path`/api/v2/dags/${dagId}/dagRuns`, request)
    return { kind: 'created', runId: run.dag_run_id }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    // The first request was late: the name is ours, so is the run.
    if (mayExist && error.status === 409 && (await isOurs(dagId, request.dag_run_id)))
      return { kind: 'created', runId: request.dag_run_id }
    if (error.status === 0 || error.status >= 500) return { kind: 'lost', message: error.message }
    return { kind: 'refused', ...refusedOf(error, params) }
  }
}

async function exists(dagId: string, runId: string): Promise<boolean> {
  try {
    await getJson(path`/api/v2/dags/${dagId}/dagRuns/${runId}`)
    return true
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return false
    throw error
  }
}

async function isOurs(dagId: string, runId: string): Promise<boolean> {
  try {
    return await exists(dagId, runId)
  } catch {
    return false
  }
}

const PARAM_PHRASE = 'Invalid input for param '

/** Sorts a refusal by field: Airflow names a parameter in the text, bodies that do not fit name a place. */
export function refusedOf(error: Pick<ApiError, 'status' | 'message' | 'fields'>, params: string[]): Refused {
  const refused: Refused = { params: {}, runId: null, date: null, general: null }
  const named = params.find((name) => error.message.startsWith(`${PARAM_PHRASE}${name}: `))
  if (named !== undefined) {
    refused.params[named] = error.message.slice(PARAM_PHRASE.length + named.length + 2)
    return refused
  }
  if (error.fields.length === 0) return { ...refused, general: error.message || strings.states.noChange }
  for (const { path: place, message } of error.fields) {
    const param = params.find((name) => place === `body.conf.${name}`)
    if (param !== undefined) refused.params[param] = message
    else if (place === 'body.dag_run_id') refused.runId = message
    else if (place === 'body.logical_date') refused.date = message
    else refused.general = [refused.general, `${place}: ${message}`].filter(Boolean).join('; ')
  }
  return refused
}
