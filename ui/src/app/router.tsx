import { lazy, Suspense, type ComponentType } from 'react'
import { Redirect, Route, Switch, useLocation } from 'wouter'
import { Blank, Fence } from '@/components/Blank'
import { links } from '@/lib/links'
import { strings } from '@/lib/strings'
import { Frame } from './Frame'
import { LoginPage } from './LoginPage'

type Params = Record<string, string>
/** A screen takes its place from `params`, typed by itself; the patterns below have to name the same parts. */
type Screen = ComponentType<{ params: never }>

/** The site map: pattern, screen. Every screen is a file of its own that exports itself as default, loaded when first shown. */
const SCREENS: [pattern: string, screen: Screen][] = [
  ['/', lazy(() => import('@/features/home/routes/HomePage'))],
  ['/import-errors', lazy(() => import('@/features/admin/routes/ImportErrorsPage'))],
  ['/pools', lazy(() => import('@/features/admin/routes/PoolsPage'))],
  ['/connections', lazy(() => import('@/features/admin/routes/ConnectionsPage'))],
  ['/variables', lazy(() => import('@/features/admin/routes/VariablesPage'))],
  ['/audit-log', lazy(() => import('@/features/audit/routes/AuditLogPage'))],
  ['/system', lazy(() => import('@/features/admin/routes/SystemPage'))],
  ['/dags', lazy(() => import('@/features/dags/routes/DagsPage'))],
  ['/dags/:dagId/grid', lazy(() => import('@/features/dags/routes/GridPage'))],
  ['/dags/:dagId/graph', lazy(() => import('@/features/dags/routes/GraphPage'))],
  ['/dags/:dagId/timeline', lazy(() => import('@/features/dags/routes/DagTimelinePage'))],
  ['/dags/:dagId/runs', lazy(() => import('@/features/dags/routes/DagRunsPage'))],
  ['/dags/:dagId/code', lazy(() => import('@/features/dags/routes/CodePage'))],
  ['/dags/:dagId/details', lazy(() => import('@/features/dags/routes/DetailsPage'))],
  ['/dags/:dagId/runs/:runId/timeline', lazy(() => import('@/features/runs/routes/TimelinePage'))],
  ['/dags/:dagId/runs/:runId/graph', lazy(() => import('@/features/runs/routes/RunGraphPage'))],
  ['/dags/:dagId/runs/:runId/events', lazy(() => import('@/features/runs/routes/RunEventsPage'))],
  ['/dags/:dagId/runs/:runId/tasks', lazy(() => import('@/features/runs/routes/RunTasksPage'))],
  ['/dags/:dagId/runs/:runId/details', lazy(() => import('@/features/runs/routes/RunDetailsPage'))],
  ['/dags/:dagId/runs/:runId/tasks/:taskId', lazy(() => import('@/features/task-instances/routes/TaskPage'))],
  ['/runs', lazy(() => import('@/features/runs/routes/RunsPage'))],
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
            <Suspense fallback={<div className="page" aria-busy="true" />}>
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
            </Suspense>
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
