import type { SegmentKind, TaskState, Timeline, TimelineRow } from '@/api/contract'
import { STATES, statesIn, totalOf, worstOf, type Counts } from '@/components/state/table'
import { ofCell } from './timeline/bars'
import { beginOf } from './timeline/ends'

/** A task of a run with the figures that its line shows. */
export interface TaskLine {
  id: string
  operator: string
  state: TaskState
  counts: Counts | null
  instances: number
  began: number | null
  /** For a slot, an executor, a trigger or the next try. */
  waited: number
  ran: number
  tries: number
}

const WAITS: SegmentKind[] = ['slot', 'queued', 'deferred', 'reschedule', 'delay']
const RUNS: SegmentKind[] = ['run', 'failed']

/** All tasks, in order of the tree. */
export function taskLines(timeline: Timeline, now: number): TaskLine[] {
  return timeline.rows.flatMap((row) => {
    const node = timeline.tree[row.node]
    if (node === undefined || node.kind === 'group') return []
    const { counts, state } = ofCell(row.cell)
    const mapped = counts !== null && row.segments.length === 0
    const sum = (kinds: SegmentKind[]) =>
      row.segments.filter((one) => kinds.includes(one.kind)).reduce((all, one) => all + (one.to ?? now) - one.from, 0)
    return [
      {
        id: node.id,
        operator: node.operator ?? '',
        counts: node.is_mapped ? counts : null,
        instances: counts ? totalOf(counts) : 1,
        state: state ?? (counts ? worstOf(statesIn(counts)) : null) ?? 'none',
        began: beginOf(row),
        waited: sum(WAITS),
        ran: mapped ? (row.start === null ? 0 : (row.end ?? now) - row.start) : sum(RUNS),
        tries: triesOf(row),
      },
    ]
  })
}

function triesOf(row: TimelineRow): number {
  const failed = row.segments.filter((one) => one.kind === 'failed').length
  const last = row.segments.at(-1)?.kind
  return last === undefined ? 0 : failed + (last === 'failed' || last === 'delay' ? 0 : 1)
}

export function filteredLines(lines: readonly TaskLine[], text: string, state: TaskState | null): TaskLine[] {
  const needle = text.trim().toLowerCase()
  return lines.filter(
    (line) => (needle === '' || line.id.toLowerCase().includes(needle)) && (state === null || line.state === state),
  )
}

/** The states that occur among tasks, worst first, with how many. */
export function statesOf(lines: readonly TaskLine[]): { state: TaskState; n: number }[] {
  const counts: Counts = {}
  for (const line of lines) counts[line.state] = (counts[line.state] ?? 0) + 1
  return statesIn(counts).map((state) => ({ state, n: counts[state] ?? 0 }))
}

export const isTaskState = (text: string | null): text is TaskState => text !== null && text in STATES
