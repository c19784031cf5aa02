import { lazy, Suspense, useEffect, useMemo, useState, type ReactNode } from 'react'
import { Acts } from '@/features/acts/components/Acts'
import { DagMenu } from '@/features/acts/components/DagMenu'
import {
  SlotsContext,
  type EventListProps,
  type LogViewProps,
  type RunPlaceProps,
  type RunListProps,
  type Slots,
  type TaskPanelProps,
  type WhyListProps,
} from '@/lib/slots'
import { PaletteHost } from './PaletteHost'

const loadTaskPanel = () => import('@/features/task-instances/components/TaskPanel')
const LazyTaskPanel = lazy(loadTaskPanel)

const LazyLogView = lazy(() => import('@/features/logs/components/LogView'))
const TriggerDialog = lazy(() => import('@/features/trigger/components/TriggerDialog'))
const LazyWhyList = lazy(() =>
  import('@/features/task-instances/components/Why').then((found) => ({ default: found.WhyList })),
)
const LazyRunList = lazy(() =>
  import('@/features/runs/components/RunList').then((found) => ({ default: found.RunList })),
)

const LazyRunGraph = lazy(() =>
  import('@/features/dags/components/GraphTab').then((found) => ({ default: found.RunGraph })),
)
const LazyEventList = lazy(() =>
  import('@/features/audit/components/EventList').then((found) => ({ default: found.EventList })),
)

function TaskPanel(props: TaskPanelProps) {
  return (
    <Suspense fallback={<aside className="panel" aria-busy="true" />}>
      <LazyTaskPanel {...props} />
    </Suspense>
  )
}

function LogView(props: LogViewProps) {
  return (
    <Suspense fallback={<div className="log-col" aria-busy="true" />}>
      <LazyLogView {...props} />
    </Suspense>
  )
}

function WhyList(props: WhyListProps) {
  return (
    <Suspense fallback={<div aria-busy="true" />}>
      <LazyWhyList {...props} />
    </Suspense>
  )
}

function RunList(props: RunListProps) {
  return (
    <Suspense fallback={<div className="page" aria-busy="true" />}>
      <LazyRunList {...props} />
    </Suspense>
  )
}

function RunGraph(props: RunPlaceProps) {
  return (
    <Suspense fallback={<div className="page" aria-busy="true" />}>
      <LazyRunGraph {...props} />
    </Suspense>
  )
}

function EventList(props: EventListProps) {
  return (
    <Suspense fallback={<div className="page" aria-busy="true" />}>
      <LazyEventList {...props} />
    </Suspense>
  )
}

/** Where features meet: what one shows of another. */
export function SlotsProvider({ children }: { children: ReactNode }) {
  const [triggered, setTriggered] = useState<string | null>(null)
  const [searching, setSearching] = useState(false)
  useEffect(() => {
    // Its keys have to mean the task as soon as one is chosen, not the run below it.
    void loadTaskPanel()
  }, [])
  const slots = useMemo(
    (): Slots => ({
      TaskPanel,
      LogView,
      WhyList,
      RunList,
      RunGraph,
      EventList,
      Acts,
      DagMenu,
      openTrigger: setTriggered,
      openPalette: () => setSearching(true),
    }),
    [],
  )
  return (
    <SlotsContext value={slots}>
      {children}
      <PaletteHost open={searching} setOpen={setSearching} />
      {triggered !== null && (
        <Suspense>
          <TriggerDialog dagId={triggered} onClose={() => setTriggered(null)} />
        </Suspense>
      )}
    </SlotsContext>
  )
}
