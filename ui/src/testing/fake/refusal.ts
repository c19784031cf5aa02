import type { DagRow, Problem, Role } from '@/api/contract'

/** An answer of the fake server that refuses. */
export class Refusal extends Error {
  readonly status: number
  readonly detail: Problem['detail']
  constructor(status: number, detail: Problem['detail']) {
    super(typeof detail === 'string' ? detail : detail.map((one) => one.msg).join('; '))
    this.status = status
    this.detail = detail
  }
}

export type Handler = (found: (string | undefined)[], query: URLSearchParams, body: unknown) => unknown
export type Route = [method: string, pattern: RegExp, handler: Handler]
/** What handlers in files of their own see of the server's state. */
export type Peek = () => { now: number; version: number; dags: DagRow[]; role: Role }
