import type { AuditLine, AuditPage, TaskEvent, TaskEvents } from '@/api/contract'
import { HOUR, MINUTE } from '../builders'
import { events, log } from './changes'
import type { Peek, Route } from './refusal'
import { RETAIL, retailRuns } from './retail'

/** The audit log as it would be after some days of use. */
export function inventEvents(now: number): void {
  const runs = retailRuns(now)
  const failed = runs.findLast((run) => run.state === 'failed')
  const newest = runs.at(-1)
  for (let i = 80; i > 0; i -= 1)
    log(now - i * 3 * HOUR, i % 3 === 0 ? 'login' : 'cli_task_run', {
      owner: i % 3 === 0 ? 'ivo' : 'airflow',
      ...(i % 3 !== 0 && { dag_id: 'inventory_snapshot', task_id: 'load', map_index: -1, try_number: 1 }),
    })
  log(now - 5 * HOUR, 'patch_connection', { detail: '{"connection_id": "partner_sftp", "password": "***"}' })
  if (failed)
    log(now - 3 * HOUR, 'failed', {
      dag_id: RETAIL,
      run_id: failed.run_id,
      task_id: 'stage.load_raw',
      map_index: 17,
      try_number: 1,
      owner: 'data-platform',
    })
  if (newest)
    log(now - 20 * MINUTE, 'running', {
      dag_id: RETAIL,
      run_id: newest.run_id,
      task_id: 'transform.dim_product',
      map_index: -1,
      try_number: 1,
      owner: 'data-platform',
    })
}

const TASK_EVENTS_PAGE = 2

/** What names the task instance, its task as a whole, or its run alone. */
export function fakeTaskEvents(
  peek: Peek,
  dagId: string,
  runId: string,
  taskId: string,
  query: URLSearchParams,
): TaskEvents {
  peek()
  const mapIndex = Number(query.get('map_index') ?? -1)
  const before = Number(query.get('before') ?? Infinity)
  const scope = (one: AuditLine): TaskEvent['of'] | null => {
    if (one.task_id === null) return 'run'
    if (one.task_id !== taskId) return null
    return one.map_index === mapIndex ? 'instance' : one.map_index === -1 ? 'task' : null
  }
  const all = events.flatMap((one): TaskEvent[] => {
    const of = scope(one)
    if (one.dag_id !== dagId || one.run_id !== runId || of === null || one.id >= before) return []
    const { id, at, event, owner, try_number, detail } = one
    return [{ id, at, event, owner, of, try_number, detail }]
  })
  const page = all.slice(0, TASK_EVENTS_PAGE)
  return { events: page, older: all.length > page.length ? (page.at(-1)?.id ?? null) : null }
}

export function eventRoutes(peek: Peek): Route[] {
  return [
    [
      'GET',
      /^\/ui\/audit-log$/,
      (_, query): AuditPage => {
        peek()
        const fits = (value: string | null, wanted: string | null) => wanted === null || value === wanted
        const holds = (value: string | null, part: string | null) =>
          part === null || (value ?? '').toLowerCase().includes(part.toLowerCase())
        const all = events.filter(
          (one) =>
            fits(one.dag_id, query.get('dag_id')) &&
            fits(one.run_id, query.get('run_id')) &&
            holds(one.dag_id, query.get('dag')) &&
            holds(one.event, query.get('event')) &&
            holds(one.owner, query.get('owner')),
        )
        const from = Number(query.get('cursor') ?? 0)
        const to = from + Number(query.get('limit') ?? 50)
        return {
          lines: all.slice(from, to),
          next_cursor: to < all.length ? String(to) : null,
          total: { count: all.length, or_more: false },
        }
      },
    ],
  ]
}
