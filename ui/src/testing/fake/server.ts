import type {
  Change,
  DagHead,
  DagRow,
  Graph,
  Grid,
  Nav,
  Role,
  Session,
  StructureChanges,
  VersionList,
  VersionSource,
} from '@/api/contract'
import { aDagHead } from '../builders'
import { actRoutes } from './acts'
import { ADMIN_ROUTES, resetAdmin } from './admin'
import { log, resetChanges, takeTold } from './changes'
import { fakeDags } from './dags'
import { eventRoutes, inventEvents } from './events'
import { edgesOf, historyOf, rowAfter, treeOf } from './history'
import { fakeHome, fakeImportErrors, fakeStart } from './home'
import { dagPage, runPage } from './lists'
import { isFavourite, personalRoutes, resetPersonal } from './personal'
import { Refusal, type Peek, type Route } from './refusal'
import { RETAIL, retailGrid, retailRuns } from './retail'
import { fakeSource } from './source'
import { searchRoutes } from './search'
import { taskRoutes } from './task-routes'
import { timelineOf } from './timeline'
import { triggerRoutes } from './trigger'

/**
 * A server that answers what api/contract.ts says, from memory. `npm run dev:fake` and the screenshots use it through
 * HTTP, tests call `answer`. It moves: a pause is kept, a trigger adds a run.
 */
export interface Answer {
  status: number
  body: unknown
}

let now = Date.now()
let version = 100
/** `TRADEWIND_FAKE=empty npm run dev:fake` shows the first start. */
let dags = process.env.TRADEWIND_FAKE === 'empty' ? [] : fakeDags(now)
let loggedIn = true
let role = (process.env.TRADEWIND_FAKE_ROLE ?? 'admin') as Role
inventEvents(now)

/** For tests: a fresh state at a known time. */
export function resetFake(at: number): void {
  now = at
  version = 100
  dags = fakeDags(now)
  loggedIn = true
  role = 'admin'
  resetChanges()
  inventEvents(now)
  resetAdmin()
  resetPersonal()
}

/** For tests: who is logged in. */
export function setFakeRole(next: Role): void {
  role = next
}

const find = (dagId: string): DagRow => {
  const row = peek().dags.find((one) => one.dag_id === dagId)
  if (!row) throw new Refusal(404, `The Dag with ID: \`${dagId}\` was not found`)
  return row
}

const peek: Peek = () => ({
  now,
  version,
  role,
  dags: dags.map((row) => ({ ...rowAfter(row), is_favourite: isFavourite(row.dag_id) })),
})

function removeDag(dagId: string): void {
  dags = dags.filter((row) => row.dag_id !== dagId)
}

const ROUTES: Route[] = [
  ...ADMIN_ROUTES,
  ...taskRoutes(peek),
  ...triggerRoutes(peek),
  ...searchRoutes(peek),
  ...actRoutes(peek, removeDag),
  ...eventRoutes(peek),
  ...personalRoutes(peek),
  ['GET', /^\/ui\/home$/, (_, query) => fakeHome(peek().dags, now, version, Number(query.get('hours') ?? 24))],
  ['GET', /^\/ui\/start$/, () => fakeStart(dags)],
  ['GET', /^\/ui\/import-errors$/, () => fakeImportErrors(dags, now, version)],
  ['GET', /^\/ui\/session$/, (): Session => ({ username: 'mara', role, server_version: '0.9.2' })],
  [
    'DELETE',
    /^\/ui\/session$/,
    () => {
      loggedIn = false
    },
  ],
  [
    'GET',
    /^\/ui\/nav$/,
    (): Nav => ({ version, dags: dags.length, active_runs: 31, import_errors: 2, scheduler: 'healthy', lag: 3 }),
  ],
  ['GET', /^\/ui\/dags$/, (_, query) => dagPage(peek, query)],
  ['GET', /^\/ui\/dags\/([^/]+)$/, ([id = '']) => head(find(id))],
  ['GET', /^\/ui\/dags\/([^/]+)\/grid$/, ([id = ''], query) => grid(find(id), query)],
  ['GET', /^\/ui\/dags\/([^/]+)\/graph$/, ([id = ''], query) => graph(find(id), query.get('run_id'))],
  ['GET', /^\/ui\/dags\/([^/]+)\/versions$/, ([id = '']): VersionList => versions(find(id))],
  [
    'GET',
    /^\/ui\/dags\/([^/]+)\/versions\/(\d+)\/changes$/,
    (): StructureChanges => ({
      changes: [
        { kind: 'task_added', task_id: 'checks' },
        { kind: 'dependency_added', from: 'stage.load_raw', to: 'publish' },
        { kind: 'field', task_id: 'publish', name: 'retries', before: '0', after: '3' },
        { kind: 'field', task_id: null, name: 'doc_md', before: null, after: null },
      ],
      total: 4,
    }),
  ],
  [
    'GET',
    /^\/ui\/dags\/([^/]+)\/versions\/(\d+)$/,
    ([, number = '1']): VersionSource => ({
      version_number: Number(number),
      created: now,
      source: fakeSource(Number(number)),
    }),
  ],
  ['GET', /^\/ui\/runs$/, (_, query) => runPage(peek, query)],
  [
    'PATCH',
    /^\/api\/v2\/dags\/([^/]+)$/,
    ([id = ''], _, body) => {
      find(id)
      const paused = (body as { is_paused: boolean }).is_paused
      log(now, 'patch_dag', { dag_id: id, detail: JSON.stringify({ is_paused: paused }) })
      dags = dags.map((row) => (row.dag_id === id ? { ...row, is_paused: paused } : row))
      return { dag_id: id, is_paused: paused }
    },
  ],
]

/** What everybody may change, because it is their own. */
const OWN = /^\/ui\/(session|views)|favorite$/

export function answer(method: string, url: string, body: unknown): Answer {
  const at = new URL(url, 'http://fake')
  if (method === 'POST' && at.pathname === '/ui/session') {
    if ((body as { password: string }).password === 'wrong')
      return { status: 401, body: { detail: 'Invalid credentials' } }
    loggedIn = true
    return {
      status: 201,
      body: {
        username: (body as { username: string }).username,
        role,
        server_version: '0.9.2',
      } satisfies Session,
    }
  }
  if (!loggedIn) return { status: 401, body: { detail: 'Not authenticated' } }
  if (role === 'viewer' && method !== 'GET' && !OWN.test(at.pathname))
    return { status: 403, body: { detail: 'Forbidden' } }
  for (const [wanted, pattern, handler] of ROUTES) {
    const found = wanted === method ? pattern.exec(at.pathname) : null
    if (!found) continue
    try {
      const answered = handler(partsOf(found), at.searchParams, body)
      return { status: answered === undefined ? 204 : 200, body: answered }
    } catch (error) {
      if (error instanceof Refusal) return { status: error.status, body: { detail: error.detail } }
      throw error
    }
  }
  return { status: 404, body: { detail: `The fake API does not answer ${method} ${at.pathname}` } }
}

/** What the address names; a part that is not there stays undefined. */
const partsOf = (found: (string | undefined)[]) =>
  found.slice(1).map((part) => (part === undefined ? undefined : decodeURIComponent(part)))

export function nextChange(): Change {
  version += 1
  const told = takeTold()
  return {
    version,
    runs: told,
    task_runs: [
      { dag_id: RETAIL, run_id: retailRuns(now).at(-1)?.run_id ?? '' },
      ...told.map(({ dag_id, run_id }) => ({ dag_id, run_id })),
    ],
    dags: [],
    import_errors: false,
    pools: false,
    many: false,
  }
}

function head(row: DagRow): DagHead {
  const retail = row.dag_id === RETAIL
  return aDagHead({
    ...row,
    version,
    latest_version_number: retail ? 43 : 2,
    total_runs: { count: retail ? 8412 : row.last_runs.length, or_more: false },
    timetable: 'CronTriggerTimetable',
    fileloc: `retail/${row.dag_id}.py`,
    description: retail ? 'Orders, refunds and customers of all shops, every hour.' : null,
    doc_md: retail ? 'Owner on call: **data-platform**. See the runbook before clearing `load_raw`.' : null,
  })
}

function grid(row: DagRow, query: URLSearchParams): Grid {
  const before = query.get('before')
  if (row.dag_id === RETAIL) {
    const whole = retailGrid(now, Number(query.get('runs') ?? 36), before === null ? null : Number(before), version)
    const type = query.get('run_type')
    const state = query.get('state')
    return {
      ...whole,
      runs: whole.runs.filter(
        (run) => (type === null || run.run_type === type) && (state === null || run.state === state),
      ),
    }
  }
  const runs = historyOf(row, now)
  return {
    version,
    tree: treeOf(row.dag_id),
    runs: before === null ? runs : [],
    total_runs: { count: runs.length, or_more: false },
    has_older: false,
  }
}

function graph(row: DagRow, runId: string | null): Graph {
  const run = historyOf(row, now).find((one) => one.run_id === runId)
  return {
    version,
    tree: treeOf(row.dag_id),
    edges: edgesOf(row.dag_id),
    cells: run?.cells ?? [],
    critical_path: run === undefined ? [] : timelineOf(row.dag_id, run, now, version).critical_path,
  }
}

function versions(row: DagRow): VersionList {
  const latest = head(row).latest_version_number
  return {
    versions: Array.from({ length: Math.min(latest, 12) }, (_, i) => ({
      version_number: latest - i,
      created: now - (i * 9 + 1) * 40 * 3_600_000,
      runs: i === 0 ? 16 : 40 + i * 7,
    })),
  }
}
