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
  log(now - 5 * HOUR, 'patch_connection', { extra: '{"connection_id": "partner_sftp", "password": "***"}' })
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

export function eventRoutes(peek: Peek): Route[] {
  return [
    [
      'GET',
      /^\/api\/v2\/eventLogs$/,
      (_, query) => {
        peek()
        const fits = (value: string | null, wanted: string | null) => wanted === null || value === wanted
        const holds = (value: string | null, part: string | null) =>
          part === null || (value ?? '').toLowerCase().includes(part.toLowerCase())
        const all = events.filter(
          (one) =>
            fits(one.dag_id, query.get('dag_id')) &&
            fits(one.run_id, query.get('run_id')) &&
            fits(one.task_id, query.get('task_id')) &&
            holds(one.dag_id, query.get('dag_id_pattern')) &&
            holds(one.event, query.get('event_pattern')) &&
            holds(one.owner, query.get('owner_pattern')),
        )
        const offset = Number(query.get('offset') ?? 0)
        return {
          event_logs: all.slice(offset, offset + Number(query.get('limit') ?? 50)),
          total_entries: all.length,
        }
      },
    ],
  ]
}
