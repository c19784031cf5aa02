import { useEffect, useMemo, useState, type ReactNode } from 'react'
import { Acts } from '@/features/acts/components/Acts'
import { DagMenu } from '@/features/acts/components/DagMenu'
import { part } from '@/lib/part'
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

const page = () => <div className="page" aria-busy="true" />

const TaskPanel = part<TaskPanelProps>(
  () => import('@/features/task-instances/components/TaskPanel'),
  () => <aside className="panel" aria-busy="true" />,
)
const LogView = part<LogViewProps>(
  () => import('@/features/logs/components/LogView'),
  () => <div className="log-col" aria-busy="true" />,
)
const WhyList = part<WhyListProps>(
  () => import('@/features/task-instances/components/Why').then((found) => ({ default: found.WhyList })),
  () => <div aria-busy="true" />,
)
const RunList = part<RunListProps>(
  () => import('@/features/runs/components/RunList').then((found) => ({ default: found.RunList })),
  page,
)
const RunGraph = part<RunPlaceProps>(
  () => import('@/features/dags/components/GraphTab').then((found) => ({ default: found.RunGraph })),
  page,
)
const EventList = part<EventListProps>(
  () => import('@/features/audit/components/EventList').then((found) => ({ default: found.EventList })),
  page,
)
const TriggerDialog = part(() => import('@/features/trigger/components/TriggerDialog'))

/** Where features meet: what one shows of another. */
export function SlotsProvider({ children }: { children: ReactNode }) {
  const [triggered, setTriggered] = useState<string | null>(null)
  const [searching, setSearching] = useState(false)
  useEffect(() => {
    // Its keys have to mean the task as soon as one is chosen, not the run below it.
    TaskPanel.preload()
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
      {triggered !== null && <TriggerDialog dagId={triggered} onClose={() => setTriggered(null)} />}
    </SlotsContext>
  )
}
