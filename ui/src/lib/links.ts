import { path, withQuery } from './http'

/** Addresses of screens, for links. The patterns they match stand in app/router.tsx. */
export type DagTab = 'grid' | 'graph' | 'timeline' | 'runs' | 'code' | 'details'

export type RunTab = 'timeline' | 'graph' | 'tasks' | 'events' | 'details'

export const links = {
  home: () => '/',
  dags: () => '/dags',
  dag: (dagId: string, tab: DagTab = 'grid', query: Record<string, string | null> = {}) =>
    withQuery(path`/dags/${dagId}/${tab}`, query),
  runs: () => '/runs',
  run: (dagId: string, runId: string, tab: RunTab = 'timeline', query: Record<string, string | null> = {}) =>
    withQuery(path`/dags/${dagId}/runs/${runId}` + `/${tab}`, query),
  task: (dagId: string, runId: string, taskId: string, mapIndex = -1, tryNumber: number | null = null) =>
    withQuery(path`/dags/${dagId}/runs/${runId}/tasks/${taskId}`, {
      map: mapIndex < 0 ? null : mapIndex,
      try: tryNumber,
    }),
  importErrors: () => '/import-errors',
  pools: () => '/pools',
  pool: (name: string) => withQuery('/pools', { name }),
  connections: () => '/connections',
  connection: (name: string) => withQuery('/connections', { name }),
  variables: () => '/variables',
  variable: (name: string) => withQuery('/variables', { name }),
  system: () => '/system',
  auditLog: () => '/audit-log',
  login: (next: string) => withQuery('/login', { next }),
}
