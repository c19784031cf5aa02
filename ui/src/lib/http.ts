import type { Problem } from '@/api/contract'

/** A refusal of the server, or no answer at all (status 0), in words for a person. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  /** Messages per field, for forms. */
  readonly fields: { path: string; message: string }[]

  constructor(status: number, message: string, fields: { path: string; message: string }[] = []) {
    super(message)
    this.status = status
    this.fields = fields
  }
}

let onUnauthorized: () => void = () => undefined

/** What to do when the session is over; the app goes to the log-in page and back. */
export function setUnauthorizedHandler(handler: () => void): void {
  onUnauthorized = handler
}

/** Builds a path from a template; every inserted value is encoded as one segment. */
export function path(parts: TemplateStringsArray, ...values: (string | number)[]): string {
  return parts.reduce((built, part, i) => built + encodeURIComponent(String(values[i - 1])) + part)
}

type QueryValue = string | number | boolean | null | undefined

/** Appends what is set; null, undefined and '' are left out. */
export function withQuery(base: string, query: Record<string, QueryValue>): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') params.set(name, String(value))
  }
  const text = params.toString()
  return text === '' ? base : `${base}?${text}`
}

export async function getJson<T>(url: string, signal?: AbortSignal): Promise<T> {
  return await request<T>(url, { ...(signal && { signal }) })
}

export type ChangeMethod = 'POST' | 'PATCH' | 'PUT' | 'DELETE'

/** The extra header makes the browser ask before another site could send this; the server insists on it. */
export async function sendJson<T>(method: ChangeMethod, url: string, body?: unknown): Promise<T> {
  return await request<T>(url, {
    method,
    headers: { 'X-Tradewind': '1', ...(body !== undefined && { 'Content-Type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
}

async function request<T>(url: string, init: RequestInit): Promise<T> {
  let response: Response
  try {
    response = await fetch(url, { credentials: 'same-origin', ...init })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiError(0, 'The server cannot be reached')
  }
  if (!response.ok) {
    if (response.status === 401 && !url.startsWith('/ui/session')) onUnauthorized()
    throw await refusal(response)
  }
  if (response.status === 204) return undefined as T
  return (await response.json()) as T
}

async function refusal(response: Response): Promise<ApiError> {
  const fallback = `The server answered ${String(response.status)} ${response.statusText}`.trim()
  let body: unknown
  try {
    body = await response.json()
  } catch {
    return new ApiError(response.status, fallback)
  }
  if (!isProblem(body)) return new ApiError(response.status, fallback)
  if (typeof body.detail === 'string') return new ApiError(response.status, body.detail)
  const fields = body.detail.map((one) => ({ path: one.loc.join('.'), message: one.msg }))
  return new ApiError(response.status, fields.map((one) => `${one.path}: ${one.message}`).join('; '), fields)
}

function isProblem(body: unknown): body is Problem {
  if (typeof body !== 'object' || body === null || !('detail' in body)) return false
  return typeof body.detail === 'string' || Array.isArray(body.detail)
}
