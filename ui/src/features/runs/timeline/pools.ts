import type { Timeline, TimelineRow, TreeNode } from '@/api/contract'
import { totalOf, type Counts } from '@/components/state/table'
import { totalOfProfile, type Profiles } from './profile'
import { beginOf, endOf } from './ends'
import type { Row } from './rows'

/** No task or group is called so: their ids have no colon. */
export const poolId = (pool: string) => `pool:${pool}`

/** Tasks under the pools they take their slots from. */
export function poolRows(
  timeline: Timeline,
  rowOf: (node: number) => TimelineRow,
  matches: (node: TreeNode) => boolean,
  isClosed: (id: string) => boolean,
): Row[] {
  const { pools, tree } = timeline
  return pools.flatMap(({ pool, nodes }): Row[] => {
    const tasks = nodes.flatMap((index): Row[] => {
      const node = tree[index]
      return node && matches(node) ? [{ node, at: rowOf(index), depth: 1, closed: null, tasks: 0 }] : []
    })
    if (tasks.length === 0) return []
    const closed = isClosed(poolId(pool))
    const members = tasks.map((task) => task.at)
    const head = {
      node: poolNode(pool),
      at: spanning(timeline, members),
      depth: 0,
      closed,
      tasks: tasks.length,
      members,
    }
    return closed ? [head] : [head, ...tasks]
  })
}

/** How long the tasks of a pool ran, together. */
export function totalRan(
  members: readonly TimelineRow[],
  tree: readonly TreeNode[],
  profiles: Profiles,
  now: number,
): number {
  return members.reduce((sum, row) => {
    const profile = profiles.get(tree[row.node]?.id ?? '')
    if (profile) return sum + totalOfProfile(profile)
    const ran = row.segments.filter((segment) => segment.kind === 'run' || segment.kind === 'failed')
    return sum + ran.reduce((all, { from, to }) => all + (to ?? now) - from, 0)
  }, 0)
}

/** Drawn as a group: from its first begin to its last end, with the states of its tasks. */
function spanning({ run }: Timeline, members: readonly TimelineRow[]): TimelineRow {
  const begins = members.flatMap((row) => beginOf(row) ?? [])
  const ends = members.flatMap((row) => endOf(row) ?? [])
  const goesOn = members.some((row) => endOf(row) === null && (beginOf(row) !== null || run.end === null))
  const counts: Counts = {}
  for (const { cell } of members) {
    if (cell === null) continue
    const each: Counts = typeof cell === 'string' ? { [cell]: 1 } : cell.counts
    for (const [state, n] of Object.entries(each))
      counts[state as keyof Counts] = (counts[state as keyof Counts] ?? 0) + n
  }
  return {
    node: -1,
    cell: totalOf(counts) > 0 ? { counts } : null,
    segments: [],
    start: begins.length > 0 ? Math.min(...begins) : null,
    end: goesOn || ends.length === 0 ? null : Math.max(...ends),
  }
}

function poolNode(pool: string): TreeNode {
  return {
    id: poolId(pool),
    label: pool,
    kind: 'group',
    parent: null,
    operator: null,
    is_mapped: false,
    is_setup: false,
    is_teardown: false,
    trigger_rule: null,
    tooltip: null,
  }
}
