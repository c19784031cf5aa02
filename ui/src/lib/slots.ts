import { createContext, useContext, type ComponentType } from 'react'
import type { ListTotal } from '@/api/contract'
import type { ActsProps } from './acts'

/**
 * What one feature shows of another. Features do not import each other: app/SlotsProvider.tsx fills these in.
 */
export interface TaskPanelProps {
  dagId: string
  runId: string
  taskId: string
  /** Something else answers the keys of acts. */
  actKeysOff?: boolean
  onClose: () => void
}
export interface LogViewProps {
  dagId: string
  runId: string
  taskId: string
  mapIndex: number
  tryNumber: number
  /** How the try ended, for a log without lines; null while it is not over. */
  exit: string | null
}
export interface WhyListProps {
  dagId: string
  runId: string
  taskId: string
  mapIndex: number
  /** Nothing can hold it any more. */ over?: boolean
  /** A kind that says what is plain here. */ without?: string
}
export interface RunPlaceProps {
  dagId: string
  runId: string
}
export interface EventListProps {
  /** null: of all DAGs, or of all runs. */
  dagId: string | null
  runId: string | null
}
export interface RunListProps {
  /** null: the runs of all DAGs. */ dagId: string | null
}

export interface DagMenuProps {
  dagId: string
  /** All runs, and those that are not over. */
  runs: ListTotal
  active: number
}

export interface Slots {
  /** The detail panel of a task instance, the same wherever it was clicked. */
  TaskPanel: ComponentType<TaskPanelProps>
  /** The log of one try. */
  LogView: ComponentType<LogViewProps>
  /** What a task instance waits for. */
  WhyList: ComponentType<WhyListProps>
  RunList: ComponentType<RunListProps>
  /** The graph with the states of one run. */
  RunGraph: ComponentType<RunPlaceProps>
  /** Entries of the audit log. */
  EventList: ComponentType<EventListProps>
  /** Clear, mark, stop and delete, with a preview of what will change. */
  Acts: ComponentType<ActsProps>
  /** What is rarer about a DAG: to delete its data. */
  DagMenu: ComponentType<DagMenuProps>
  /** Starts a run of a DAG, asking first for what the DAG needs. */
  openTrigger: (dagId: string) => void
  /** Search and commands over whatever is shown. */
  openPalette: () => void
}

export const SlotsContext = createContext<Slots | null>(null)

export function useSlots(): Slots {
  const slots = useContext(SlotsContext)
  if (slots === null) throw new Error('no SlotsContext above this component')
  return slots
}
