import type { TriggerForm } from '@/api/contract'
import { aRunBar, HOUR } from '../builders'
import { addRun } from './changes'
import { Refusal, type Peek, type Route } from './refusal'
import { RETAIL } from './retail'

type FormParam = TriggerForm['params'][number]

const param = (
  name: string,
  value: unknown,
  schema: Record<string, unknown>,
  description: string | null = null,
): FormParam => ({ name, value, schema, description })

/** One of every kind. */
export const RETAIL_PARAMS: FormParam[] = [
  param('region', 'all', { type: 'string', enum: ['all', 'eu-west', 'us-east', 'apac'] }),
  param('lookback_hours', 24, { type: 'integer', minimum: 1, maximum: 168 }, 'Use a backfill for longer ranges.'),
  param('full_refresh', false, { type: 'boolean' }, 'Rebuild every partition, about 6× the usual time'),
  param('sources', ['shopify'], {
    type: 'array',
    items: { type: 'string' },
    minItems: 1,
    examples: ['shopify', 'netsuite', 'amazon'],
  }),
  param('cutoff', null, { type: ['null', 'string'], format: 'date-time' }),
  param('thresholds', { null_share: 0.03, row_drop: 0.2, notify: ['#retail-data'] }, { type: 'object' }),
  param('note', '', { type: 'string', format: 'multiline', title: 'Note', description_md: 'Markdown' }),
  param('warehouse', 'XS', {
    type: 'string',
    enum: ['XS', 'S', 'M', 'L', 'XL', 'XXL'],
    values_display: { XS: 'Extra small', XXL: 'Huge' },
    section: 'Resources',
  }),
  param('sample', 1, { type: 'number', exclusiveMinimum: 0, maximum: 1, section: 'Resources' }, 'Share of the rows'),
  param('business_day', '2026-11-19', { type: 'string', format: 'date', section: 'Resources' }),
  param('not_before', null, { type: ['string', 'null'], format: 'time', section: 'Resources' }),
  param('overrides', [{ table: 'orders', shards: 48, enabled: true }], {
    type: 'array',
    section: 'Resources',
    items: {
      type: 'object',
      properties: { table: { type: 'string' }, shards: { type: 'integer' }, enabled: { type: 'boolean' } },
    },
  }),
]

export function triggerRoutes(peek: Peek): Route[] {
  const created: string[] = []
  const find = (dagId: string) => {
    const row = peek().dags.find((one) => one.dag_id === dagId)
    if (!row) throw new Refusal(404, `The DAG with dag_id: \`${dagId}\` was not found`)
    return row
  }
  return [
    [
      'GET',
      /^\/ui\/dags\/([^/]+)\/trigger-form$/,
      ([id = '']): TriggerForm => {
        const row = find(id)
        const { now } = peek()
        const run = (hours: number) => `manual__${new Date(now - hours * HOUR).toISOString().slice(0, 19)}+00:00`
        const retail = id === RETAIL
        return {
          dag_id: id,
          params: retail ? RETAIL_PARAMS : [],
          active_runs: retail ? 3 : row.active_runs,
          max_active_runs: retail ? 4 : 16,
          is_paused: row.is_paused,
          recent: retail
            ? [
                { run_id: run(48), conf: { region: 'eu-west', lookback_hours: 24, sources: ['shopify'] } },
                { run_id: run(144), conf: { region: 'all', lookback_hours: 72, full_refresh: true } },
                { run_id: run(216), conf: {} },
              ]
            : [],
        }
      },
    ],
    [
      'POST',
      /^\/api\/v2\/dags\/([^/]+)\/dagRuns$/,
      ([id = ''], _, body) => {
        const { dag_run_id, conf = {} } = body as { dag_run_id?: string; conf?: Record<string, unknown> }
        find(id)
        if (dag_run_id !== undefined && created.includes(dag_run_id))
          throw new Refusal(409, `DAG run \`${dag_run_id}\` already exists`)
        // What the browser does not look at: how the server's answer comes back beside the field.
        if (id === RETAIL && conf.note === 'refuse')
          throw new Refusal(400, 'Invalid input for param note: "refuse" is not allowed today')
        const runId = dag_run_id ?? `manual__${new Date(peek().now).toISOString()}`
        created.push(runId)
        addRun(id, aRunBar({ run_id: runId, state: 'queued', run_type: 'manual', run_after: peek().now, start: null }))
        return { dag_id: id, dag_run_id: runId }
      },
    ],
    [
      'GET',
      /^\/api\/v2\/dags\/([^/]+)\/dagRuns\/([^/]+)$/,
      ([id = '', runId = '']) => {
        if (!created.includes(runId))
          throw new Refusal(404, `The DagRun with dag_id: \`${id}\` and run_id: \`${runId}\` was not found`)
        return { dag_id: id, dag_run_id: runId }
      },
    ],
  ]
}
