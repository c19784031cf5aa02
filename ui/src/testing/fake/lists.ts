import type { DagPage, DagRow, RunFacts, RunPage } from '@/api/contract'
import { aRunFacts } from '../builders'
import { runNote } from './changes'
import { historyOf, treeOf } from './history'
import type { Peek } from './refusal'
import { countsOf } from './timeline'

export function dagPage(peek: Peek, query: URLSearchParams): DagPage {
  const { dags, version } = peek()
  const q = query.get('q')?.toLowerCase() ?? ''
  const last = (row: DagRow) => row.last_runs.at(-1)
  const inView: Record<string, (row: DagRow) => boolean> = {
    all: () => true,
    active: (row) => !row.is_paused,
    paused: (row) => row.is_paused,
    failing: (row) => last(row)?.state === 'failed',
    running: (row) => row.active_runs > 0,
    favourites: (row) => row.is_favourite,
  }
  const count = (view: string) => dags.filter(inView[view] ?? (() => true)).length
  const rows = dags.filter(
    (row) =>
      row.dag_id.includes(q) &&
      (inView[query.get('view') ?? 'all']?.(row) ?? true) &&
      (query.get('tag') === null || row.tags.includes(query.get('tag') ?? '')) &&
      (query.get('owner') === null || row.owners.includes(query.get('owner') ?? '')),
  )
  if (query.get('sort') === '-last_run') rows.sort((a, b) => (last(b)?.run_after ?? 0) - (last(a)?.run_after ?? 0))
  const from = Number(query.get('cursor') ?? 0)
  const limit = Number(query.get('limit') ?? 100)
  return {
    version,
    dags: rows.slice(from, from + limit),
    next_cursor: from + limit < rows.length ? String(from + limit) : null,
    total: rows.length,
    counts: {
      all: count('all'),
      favourites: count('favourites'),
      active: count('active'),
      paused: count('paused'),
      failing: count('failing'),
      running: count('running'),
    },
  }
}

export function runPage(peek: Peek, query: URLSearchParams): RunPage {
  const { dags, now, version } = peek()
  const dagId = query.get('dag_id')
  const facts = (row: DagRow): RunFacts[] =>
    historyOf(row, now).map(({ cells, ...run }) =>
      aRunFacts({
        ...run,
        dag_id: row.dag_id,
        typical_duration: row.typical_duration,
        counts: countsOf(cells, treeOf(row.dag_id)),
        note: runNote(row.dag_id, run.run_id) ?? null,
      }),
    )
  const all = dags
    .filter((row) => dagId === null || row.dag_id === dagId)
    .flatMap(facts)
    .filter(
      (run) =>
        (query.get('state') === null || run.state === query.get('state')) &&
        (query.get('run_type') === null || run.run_type === query.get('run_type')),
    )
    .sort((a, b) => b.run_after - a.run_after)
  const from = Number(query.get('cursor') ?? 0)
  const limit = Number(query.get('limit') ?? 100)
  return {
    version,
    runs: all.slice(from, from + limit),
    next_cursor: from + limit < all.length ? String(from + limit) : null,
    total: { count: all.length, or_more: false },
  }
}
