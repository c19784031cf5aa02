import type { RunState, TaskState } from '@/api/contract'

/** What an act is about. Screens say it, features/acts shows and does it; lib/slots.ts brings them together. */
export interface RunRef {
  dagId: string
  runId: string
  runAfter: number
  state: RunState
  /** Its task instances by state, as far as the screen knows them. */
  counts: Partial<Record<TaskState, number>>
}

export interface TaskMarker {
  taskId: string
  /** null: the task, with all its instances where it is mapped. */
  mapIndex: number | null
}

/** Tasks of one run. */
export interface TaskPart {
  dagId: string
  runId: string
  tasks: TaskMarker[]
}

export type ActTarget = { kind: 'tasks'; parts: TaskPart[] } | { kind: 'runs'; runs: RunRef[] }

export interface ActsProps {
  /** null: nothing is chosen. */
  target: ActTarget | null
  /** Buttons as in a top bar, in a panel, in a bar of selected things, one in a row, or none: keys alone. */
  look: 'top' | 'panel' | 'bar' | 'row' | 'keys'
  /** How many instances of the target failed; the panel offers to clear just them. */
  failed?: number
  /** Something else answers the keys now. */
  keysOff?: boolean
  /** Where a popover opens that has no button. */
  anchor?: () => Element | null
  /** After an act that went through in full. */
  onDone?: () => void
  /** After the runs were deleted. */
  onGone?: () => void
}

/** One task of one run. */
export function oneTask(dagId: string, runId: string, taskId: string, mapIndex: number | null = null): ActTarget {
  return { kind: 'tasks', parts: [{ dagId, runId, tasks: [{ taskId, mapIndex }] }] }
}
