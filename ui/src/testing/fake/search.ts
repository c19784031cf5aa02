import type { Hit, SearchResult } from '@/api/contract'
import { isAllowed } from '@/lib/session'
import { connectionsNamed, variablesNamed } from './admin'
import type { Peek, Route } from './refusal'
import { RETAIL, RETAIL_TREE } from './retail'

const HITS_MAX = 5

export const searchRoutes = (peek: Peek): Route[] => [
  ['GET', /^\/ui\/search$/, (_, query): SearchResult => search(peek, query.get('q')?.toLowerCase() ?? '')],
]

function search(peek: Peek, q: string): SearchResult {
  if (q === '') return { hits: [], connections: [], variables: [] }
  const mayKnow = isAllowed(peek().role, 'op')
  const rows = peek()
    .dags.filter((row) => row.dag_id.includes(q))
    .slice(0, HITS_MAX)
  const runs = peek()
    .dags.flatMap((row) => row.last_runs.map((run) => ({ row, run })))
    .filter(({ run }) => run.run_id.includes(q))
    .slice(0, HITS_MAX)
  const tasks = RETAIL_TREE.filter((node) => node.kind === 'task' && node.id.includes(q)).slice(0, HITS_MAX)
  return {
    hits: [
      ...rows.map((row): Hit => ({
        kind: 'dag',
        dag_id: row.dag_id,
        id: row.dag_id,
        text: row.display_name,
        state: row.last_runs.at(-1)?.state ?? null,
      })),
      ...tasks.map((node): Hit => ({ kind: 'task', dag_id: RETAIL, id: node.id, text: node.id, state: null })),
      ...runs.map(({ row, run }): Hit => ({
        kind: 'run',
        dag_id: row.dag_id,
        id: run.run_id,
        text: run.run_id,
        state: run.state,
      })),
    ],
    connections: mayKnow ? connectionsNamed(q).slice(0, HITS_MAX) : [],
    variables: mayKnow ? variablesNamed(q).slice(0, HITS_MAX) : [],
  }
}
