import type { PoolTasks, Profile, TaskProfile, Timeline } from '@/api/contract'
import { noise } from '../random'

/** The most at once, and what of the time lies between a failure and the next try. */
const DRAWN: Record<string, { atMost: number; failed: number[]; delay?: [number, number] }> = {
  pull_orders: { atMost: 16, failed: [] },
  pull_refunds: { atMost: 8, failed: [] },
  pull_invoices: { atMost: 6, failed: [0.38], delay: [0.38, 0.63] },
  load_raw: { atMost: 16, failed: [0.24, 0.52] },
  nulls: { atMost: 14, failed: [] },
  bi_extract: { atMost: 4, failed: [] },
}
const STRETCHES = 120

export function fakeProfile({ version, now, rows, tree }: Timeline): Profile {
  const tasks = rows.flatMap((row): TaskProfile[] => {
    const node = tree[row.node]
    const drawn = DRAWN[node?.label ?? '']
    if (node === undefined || drawn === undefined || row.start === null) return []
    const { atMost, failed, delay } = drawn
    const from = row.start
    const to = row.end ?? now
    const at = (share: number) => Math.round(from + (to - from) * share)
    const chance = noise(node.id)
    const running = Array.from({ length: STRETCHES }, (_, i) => {
      const share = i / STRETCHES
      const end = row.end !== null && share > 0.86 ? Math.max(0.12, 1 - (share - 0.86) / 0.14) : 1
      const waits = delay && share > delay[0] && share < delay[1] ? 0.35 : 1
      const value = atMost * Math.min(1, share * 14 + 0.3) * end * waits * (0.9 + chance() * 0.1)
      return Math.round(value * 10) / 10
    })
    return [
      {
        task_id: node.id,
        from,
        to,
        step: (to - from) / STRETCHES,
        running,
        at_most: atMost,
        retries: failed.length,
        failed: failed.map((share) => ({ at: at(share), tries: 1 })),
        delays: delay ? [{ from: at(delay[0]), to: at(delay[1]) }] : [],
        ran: 64_000,
        ran_max: 151_000,
        queued: 220_000,
      },
    ]
  })
  return { version, now, tasks }
}

/** Tasks of the drawing that write to the warehouse share its pool. */
export function fakePools(tree: Timeline['tree']): PoolTasks[] {
  const inPool = (pool: string) =>
    tree.flatMap((node, i) => {
      const own = /\.(load_raw|dim_\w+|fct_\w+|snapshot_inventory)$/.test(node.id) ? 'warehouse' : 'default_pool'
      return node.kind === 'task' && own === pool ? [i] : []
    })
  return ['default_pool', 'warehouse']
    .map((pool) => ({ pool, nodes: inPool(pool) }))
    .filter(({ nodes }) => nodes.length > 0)
}
