import type { Bucket, DagRow, FailedRun, Home, ImportErrorPage, ImportErrorRow, Start } from '@/api/contract'
import { HOUR, MINUTE } from '../builders'
import { noise } from '../random'
import { isSeen, seenCount } from './personal'

/** DAG, task, map index, reason, try, minutes ago. */
const FAILED: [string, string | null, number, string | null, number, number][] = [
  ['finance_gl_reconcile', 'post_entries', -1, 'exit 1, UniqueViolation on gl_entry', 1, 4],
  ['ads_attribution_daily', 'load', 4, 'exit 137, out of memory at 4.0 GiB', 3, 11],
  ['pricing_competitor_crawl', 'fetch', 212, 'HTTPError: 429 Too Many Requests', 1, 26],
  ['partner_sftp_ingest', 'list_remote', -1, 'timed out after 5m', 2, 38],
  ['partner_sftp_ingest', 'list_remote', -1, 'timed out after 5m', 2, 58],
  ['partner_sftp_ingest', 'list_remote', -1, 'timed out after 5m', 2, 78],
  ['ml_churn_train', 'fit', 1, 'lost with its worker, heartbeat missed', 1, 61],
]
const FAILED_BUCKETS: Record<number, number> = {
  12: 2,
  13: 1,
  29: 1,
  41: 3,
  42: 2,
  57: 1,
  76: 1,
  78: 4,
  79: 2,
  81: 1,
  90: 1,
  93: 2,
  94: 1,
  95: 1,
}

const wavy = (around: number, seed: number) => {
  const next = noise(seed)
  return Array.from({ length: 28 }, () => around * (0.8 + 0.4 * next()))
}

export function fakeHome(dags: DagRow[], now: number, version: number, hours: number): Home {
  const runs = dags.flatMap((row) =>
    row.last_runs.map((run) => ({ ...run, dag_id: row.dag_id, typical_duration: row.typical_duration })),
  )
  const errors = fakeImportErrors(dags, now, version)
  const failed =
    dags.length === 0
      ? []
      : FAILED.map(([dag_id, task_id, map_index, reason, try_number, ago]): FailedRun => ({
          dag_id,
          run_id: runs.findLast((run) => run.dag_id === dag_id)?.run_id ?? 'none',
          task_id,
          map_index,
          reason,
          try_number,
          end: now - ago * MINUTE,
          good_since: dag_id === 'ml_churn_train' ? 3 : 0,
        })).filter((run) => !isSeen(run.dag_id, run.run_id))
  return {
    version,
    now,
    has_dags: dags.length > 0,
    health: {
      scheduler: 'healthy',
      lag: { p50: 3, p99: 11, points: wavy(3, 1) },
      commit: { p50: 1.2, p99: 4.1, points: wavy(4, 2) },
      running_points: wavy(200, 3).map(Math.round),
      step: 30_000,
      running: 214,
      slots: 320,
      queued: 37,
      oldest_queued: now - 108_000,
      deferred: 1_204,
      dag_files: dags.length,
      import_errors: errors.total,
    },
    activity: activity(now, hours),
    failed_runs: { total: failed.length, acknowledged: seenCount(), rows: failed },
    import_errors: {
      total: errors.total,
      rows: errors.errors.map(({ id, file, message, line, seen }) => ({ id, file, message, line, seen })),
    },
    next_runs: dags
      .filter((row) => row.next_run_after !== null && !row.is_paused)
      .sort((a, b) => (a.next_run_after ?? 0) - (b.next_run_after ?? 0))
      .slice(0, 10)
      .map((row) => ({
        run_after: row.next_run_after ?? 0,
        dag_id: row.dag_id,
        schedule: row.schedule,
        typical_duration: row.typical_duration,
      })),
    longest_running: runs
      .filter((run) => run.state === 'running')
      .map(({ dag_id, run_id, start, typical_duration }) => ({ dag_id, run_id, start: start ?? now, typical_duration }))
      .sort((a, b) => (now - b.start) / (b.typical_duration ?? 1) - (now - a.start) / (a.typical_duration ?? 1))
      .slice(0, 6),
    last_failure: failed[0]?.end ?? null,
  }
}

function activity(now: number, hours: number): Bucket[] {
  const random = noise(11)
  const each = (hours * HOUR) / 96
  const last = Math.floor(now / each) * each
  return Array.from({ length: 96 }, (_, i) => {
    const start = last - (95 - i) * each
    const night = new Date(start).getUTCHours() < 6
    const usual = 60 + (night ? 32 : 0) + Math.sin(i / 2.2) * 7 + random() * 20 + (i % 4 === 1 ? 22 : 0)
    const share = i === 95 ? 0.35 : 1
    return {
      start,
      success: Math.round(usual * share * (hours / 24)),
      failed: FAILED_BUCKETS[i] ?? 0,
      running: [6, 12, 26][i - 93] ?? 0,
    }
  })
}

export function fakeStart(dags: DagRow[]): Start {
  return {
    has_dags: dags.length > 0,
    server: 'ready',
    dag_folders: ['./dags'],
    python: {
      state: 'starting',
      text: 'Python 3.12.7 from .venv, Airflow Task SDK 1.3.2. The first files wait for it.',
    },
  }
}

const ERRORS: (Omit<ImportErrorRow, 'seen' | 'code' | 'bundle_name'> & {
  ago: number
  from: number
  source: string[]
})[] = [
  {
    id: 7,
    file: 'marketing/segments_v2.py',
    kind: 'ImportError',
    message: "cannot import name 'Segment' from 'common.models' (common/models.py)",
    line: 41,
    ago: 6 * MINUTE,
    from: 38,
    source: [
      'from airflow.sdk import dag, task',
      '',
      'from common.io import read_table, write_table',
      'from common.models import Customer, Segment',
      '',
      '# One mapped task per segment',
      '@dag(schedule="0 7 * * *", tags=["marketing"], catchup=False)',
    ],
    traceback:
      "Traceback (most recent call last):\n  File \"marketing/segments_v2.py\", line 41, in <module>\n    from common.models import Customer, Segment\nImportError: cannot import name 'Segment' from 'common.models' (common/models.py)",
    dags: [{ dag_id: 'marketing_email_segments', version_number: 17 }],
  },
  {
    id: 3,
    file: 'ops/kafka_audit.py',
    kind: 'DagCycleException',
    message: 'cycle: compact → verify → compact',
    line: 12,
    ago: 26 * HOUR,
    from: 10,
    source: [
      '    compact = PythonOperator(task_id="compact", python_callable=run)',
      '    verify = PythonOperator(task_id="verify", python_callable=check)',
      '    compact >> verify >> compact',
    ],
    traceback: 'airflow.exceptions.DagCycleException: Cycle detected in Dag: kafka_topic_audit. Faulty task: compact',
    dags: [{ dag_id: 'kafka_topic_audit', version_number: 8 }],
  },
]

export function fakeImportErrors(dags: DagRow[], now: number, version: number): ImportErrorPage {
  const errors =
    dags.length === 0
      ? []
      : ERRORS.map(({ ago, from, source, ...error }): ImportErrorRow => ({
          ...error,
          bundle_name: 'main',
          seen: now - ago,
          code: source.map((text, i) => ({ line: from + i, text })),
        }))
  return { version, errors, total: errors.length, files: dags.length }
}
