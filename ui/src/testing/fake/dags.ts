import type { DagRow, RunBar, RunState } from '@/api/contract'
import { aDagRow, aRunBar, HOUR, MINUTE } from '../builders'
import { noise } from '../random'
import { RETAIL, retailRuns } from './retail'

/** Name, how long ago the last run began (minutes), usual minutes, schedule, next run in minutes, tags, owner, on, pattern of last runs. */
type Line = [string, number, number, string | null, number | null, string[], string, boolean, string, boolean?]

const LINES: Line[] = [
  [
    'finance_gl_reconcile',
    35,
    31,
    'Every day at 05:00',
    1158,
    ['tier-1', 'finance'],
    'finance-data',
    true,
    'ssssssssfsssff',
  ],
  ['ads_attribution_daily', 50, 52, 'Every day at 04:30', 1128, ['ads'], 'growth', true, 'sssssfssssssff'],
  ['pricing_competitor_crawl', 58, 74, 'Every 4 hours', 138, ['crawl', 'pricing'], 'pricing', true, 'sfssfssfsssssf'],
  ['partner_sftp_ingest', 40, 3.1, 'Every 20 minutes', 18, ['ingest'], 'data-platform', true, 'sssssssssssfff'],
  ['ml_churn_train', 130, 185, 'Mondays at 05:30', 5508, ['ml', 'gpu'], 'ml-core', true, 'ssssssssssssrf'],
  [
    'retail_orders_mart',
    27.3,
    46,
    'Every hour at :15',
    33,
    ['tier-1', 'retail'],
    'data-platform',
    true,
    'sssssssssfsssr',
  ],
  ['payments_ledger_hourly', 42, 18, 'Every hour', 18, ['tier-1', 'payments'], 'payments', true, 'sssssssssssssr'],
  ['warehouse_cost_report', 102, 36, 'Every day at 08:00', 1338, ['cost'], 'data-platform', true, 'ssssssssssssSr'],
  ['cdc_postgres_to_lake', 1.06, 1.2, 'Every 5 minutes', 3, ['tier-1', 'cdc'], 'data-platform', true, 'sssssssssssssr'],
  ['clickstream_sessionize', 2.2, 7, 'Every 10 minutes', 8, ['web'], 'growth', true, 'ssssssssssssrr'],
  ['ml_demand_forecast', 357, 312, 'Every day at 03:45', 1083, ['ml', 'gpu'], 'ml-core', true, 'sssssfsssssssr'],
  ['customer_360_refresh', 0.3, 14, 'dim_customer and web_sessions', null, ['asset'], 'crm', true, 'ssssssssssssSq'],
  [
    'billing_invoice_close',
    52,
    65,
    'Weekdays at 06:00, Europe/Berlin',
    1218,
    ['finance', 'approval'],
    'finance-data',
    true,
    'sssssssssssssr',
  ],
  ['crm_salesforce_sync', 24, 12, 'Every 30 minutes', 18, ['crm'], 'crm', true, 'ssssssssssssss'],
  [
    'data_quality_nightly',
    462,
    44,
    'Every day at 02:00',
    978,
    ['tier-1', 'quality'],
    'data-platform',
    true,
    'sssssssfssssss',
  ],
  [
    'exchange_rates_ecb',
    1030,
    0.4,
    'Weekdays at 16:05, Europe/Berlin',
    323,
    ['finance'],
    'finance-data',
    true,
    'ssssssssssssss',
  ],
  ['feature_store_materialize', 14, 4, 'Every 15 minutes', 3, ['ml'], 'ml-core', true, 'ssssssssssssss'],
  ['fraud_score_backtest', 2900, 140, null, null, ['ml', 'risk'], 'risk', true, '....sssfssfsss'],
  [
    'gdpr_erasure_requests',
    180,
    22,
    'Every day at 01:15',
    933,
    ['privacy', 'approval'],
    'privacy',
    true,
    'sssssssssssssr',
  ],
  ['geo_ip_enrich', 36, 2.7, 'web_sessions', null, ['asset', 'web'], 'growth', true, 'ssssssssssssss'],
  ['inventory_snapshot', 50, 9.2, 'Every hour', 18, ['retail'], 'data-platform', true, 'ssssssssssssss'],
  ['iot_telemetry_compact', 270, 91, 'Every 6 hours', 138, ['iot', 'lake'], 'devices', false, 'sssssssfsSssss'],
  ['kafka_topic_audit', 65, 5, 'Every 2 hours', 18, ['ops'], 'data-platform', true, 'ssssssssssssss', true],
  ['lakehouse_vacuum', 5900, 168, 'Sundays at 03:00', 3918, ['lake'], 'data-platform', true, 'ssssssssssssss'],
]

const STATES: Record<string, RunState> = { s: 'success', S: 'success', f: 'failed', r: 'running', q: 'queued' }

export function fakeDags(now: number): DagRow[] {
  const named = LINES.map((line) => toRow(line, now))
  const more = Array.from({ length: 388 }, (_, i) =>
    toRow(
      [
        `zz_export_${String(i + 1).padStart(3, '0')}`,
        20 + i * 3,
        2 + (i % 40),
        'Every hour',
        18,
        i % 7 === 0 ? ['export', 'nightly'] : ['export'],
        'data-platform',
        i % 7 !== 0,
        'ssssssssssssss',
      ],
      now,
    ),
  )
  // The drawn DAG has one history in the list, the grid and the graph.
  const drawn = retailRuns(now)
    .slice(-14)
    .map(({ run_id, state, run_type, run_after, start, end }): RunBar => ({
      run_id,
      state,
      run_type,
      run_after,
      start,
      end,
    }))
  return [...named, ...more].map((row) => (row.dag_id === RETAIL ? { ...row, last_runs: drawn } : row))
}

function toRow(
  [dagId, beganMinutes, usualMinutes, schedule, nextMinutes, tags, owner, on, pattern, broken = false]: Line,
  now: number,
): DagRow {
  const runs = barsOf(dagId, pattern, now - beganMinutes * MINUTE, usualMinutes * MINUTE, now)
  return aDagRow({
    dag_id: dagId,
    display_name: dagId,
    is_paused: !on,
    tags,
    owners: [owner],
    schedule,
    last_runs: runs,
    has_import_errors: broken,
    next_run_after: nextMinutes === null ? null : Math.ceil((now + nextMinutes * MINUTE) / MINUTE) * MINUTE - MINUTE,
    active_runs: runs.filter((run) => run.end === null).length,
    typical_duration: usualMinutes * MINUTE,
  })
}

function barsOf(dagId: string, pattern: string, lastStart: number, usual: number, now: number): RunBar[] {
  const random = noise(dagId)
  const letters = pattern.split('').filter((letter) => letter !== '.')
  return letters.map((letter, i) => {
    const state = STATES[letter] ?? 'success'
    const runAfter = lastStart - (letters.length - 1 - i) * HOUR
    const share = state === 'failed' ? 0.3 + random() * 0.5 : 0.85 + random() * 0.3 + (letter === 'S' ? 0.4 : 0)
    const end = state === 'running' || state === 'queued' ? null : Math.min(runAfter + usual * share, now - MINUTE)
    return aRunBar({
      run_id: `scheduled__${new Date(runAfter).toISOString().slice(0, 19)}+00:00`,
      state,
      run_after: runAfter,
      start: state === 'queued' ? null : runAfter,
      end,
    })
  })
}
