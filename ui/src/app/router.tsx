import type { FunctionComponent } from 'react'
import { Redirect, Route, Switch, useLocation } from 'wouter'
import { Blank, Fence } from '@/components/Blank'
import { links } from '@/lib/links'
import { part } from '@/lib/part'
import { strings } from '@/lib/strings'
import { Frame } from './Frame'
import { LoginPage } from './LoginPage'

type Params = Record<string, string>
/** A screen takes its place from `params`, typed by itself; the patterns below have to name the same parts. */
type Screen = FunctionComponent<{ params: never }>

const waits = () => <div className="page" aria-busy="true" />

/** The site map: pattern, screen. Every screen is a file of its own that exports itself as default, loaded when first shown. */
const SCREENS: [pattern: string, screen: Screen][] = [
  ['/', part(() => import('@/features/home/routes/HomePage'), waits)],
  ['/import-errors', part(() => import('@/features/admin/routes/ImportErrorsPage'), waits)],
  ['/pools', part(() => import('@/features/admin/routes/PoolsPage'), waits)],
  ['/connections', part(() => import('@/features/admin/routes/ConnectionsPage'), waits)],
  ['/variables', part(() => import('@/features/admin/routes/VariablesPage'), waits)],
  ['/audit-log', part(() => import('@/features/audit/routes/AuditLogPage'), waits)],
  ['/system', part(() => import('@/features/admin/routes/SystemPage'), waits)],
  ['/dags', part(() => import('@/features/dags/routes/DagsPage'), waits)],
  ['/dags/:dagId/grid', part(() => import('@/features/dags/routes/GridPage'), waits)],
  ['/dags/:dagId/graph', part(() => import('@/features/dags/routes/GraphPage'), waits)],
  ['/dags/:dagId/timeline', part(() => import('@/features/dags/routes/DagTimelinePage'), waits)],
  ['/dags/:dagId/runs', part(() => import('@/features/dags/routes/DagRunsPage'), waits)],
  ['/dags/:dagId/code', part(() => import('@/features/dags/routes/CodePage'), waits)],
  ['/dags/:dagId/details', part(() => import('@/features/dags/routes/DetailsPage'), waits)],
  ['/dags/:dagId/runs/:runId/timeline', part(() => import('@/features/runs/routes/TimelinePage'), waits)],
  ['/dags/:dagId/runs/:runId/graph', part(() => import('@/features/runs/routes/RunGraphPage'), waits)],
  ['/dags/:dagId/runs/:runId/events', part(() => import('@/features/runs/routes/RunEventsPage'), waits)],
  ['/dags/:dagId/runs/:runId/tasks', part(() => import('@/features/runs/routes/RunTasksPage'), waits)],
  ['/dags/:dagId/runs/:runId/details', part(() => import('@/features/runs/routes/RunDetailsPage'), waits)],
  ['/dags/:dagId/runs/:runId/tasks/:taskId', part(() => import('@/features/task-instances/routes/TaskPage'), waits)],
  ['/runs', part(() => import('@/features/runs/routes/RunsPage'), waits)],
]

export function Routes() {
  const [location] = useLocation()
  return (
    <Switch>
      <Route path="/login">
        <LoginPage />
      </Route>
      <Route>
        <Frame>
          <Fence place={location}>
            <Switch>
              <Route path="/dags/:dagId">
                {(params) => <Redirect to={links.dag(decoded(params).dagId ?? '')} replace />}
              </Route>
              {SCREENS.map(([pattern, Screen]) => (
                <Route key={pattern} path={pattern}>
                  {(params) => <Screen params={decoded(params) as never} />}
                </Route>
              ))}
              <Route>
                <div className="page">
                  <Blank title={strings.states.notFound}>{strings.states.notFoundText}</Blank>
                </div>
              </Route>
            </Switch>
          </Fence>
        </Frame>
      </Route>
    </Switch>
  )
}

/** The router undoes only what `decodeURI` undoes; `%2B` and `%3A` of run ids are left to us. */
function decoded(params: Record<string, string | undefined>): Params {
  return Object.fromEntries(
    Object.entries(params).map(([name, value = '']) => {
      try {
        return [name, decodeURIComponent(value)]
      } catch {
        return [name, value]
      }
    }),
  )
}
