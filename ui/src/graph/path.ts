import type { Shown } from './model'

/** What of a drawn graph lies on a chain of tasks. */
export interface ShownPath {
  /** Ids of nodes. */ nodes: ReadonlySet<string>
  /** Ids of edges. */ edges: ReadonlySet<string>
}

/** The nodes that stand for the tasks of a path, closed groups among them, and the edges from one to the next. */
export function shownPath(
  shown: Shown,
  tree: readonly { id: string; parent: number | null }[],
  path: string[],
): ShownPath {
  const drawn = new Set(shown.nodes.flatMap((node) => (node.isOpen ? [] : [node.id])))
  const index = new Map(tree.map((node, i) => [node.id, i]))
  const standIn = (id: string): string | null => {
    for (let at = index.get(id) ?? null; at !== null; at = tree[at]?.parent ?? null) {
      const node = tree[at]
      if (node && drawn.has(node.id)) return node.id
    }
    return null
  }
  const chain = path.map(standIn)
  const steps = new Set(chain.map((id, i) => `${chain[i - 1] ?? ''} ${id ?? ''}`))
  return {
    nodes: new Set(chain.filter((id) => id !== null)),
    edges: new Set(shown.edges.flatMap((edge) => (steps.has(edge.id) ? [edge.id] : []))),
  }
}
