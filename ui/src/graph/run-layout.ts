import Elk, { type ELK } from 'elkjs/lib/elk-api'
import workerUrl from 'elkjs/lib/elk-worker.min.js?url'
import { fromElk, toElk, type Layout } from './layout'
import type { Shown } from './model'

let elk: ELK | null = null

/** Lays a graph out in a worker of its own, so that a large one does not stop the page. */
export async function runLayout(shown: Shown): Promise<Layout> {
  elk ??= new Elk({ workerFactory: () => new Worker(workerUrl) })
  return fromElk(await elk.layout(toElk(shown)))
}

/** Equal for graphs that are laid out alike: states do not matter. */
export function layoutKey(shown: Shown): string {
  return JSON.stringify([
    shown.nodes.map((node) => [node.id, node.isOpen, node.node.is_mapped, node.node.operator]),
    shown.edges.map((edge) => edge.id),
  ])
}
