import type { GridRun, TreeNode } from '@/api/contract'
import { COLUMN, ROW } from './geometry'
import type { GridRow } from './rows'
import { bandsOf, type GridSelection } from './selected'

/** The selection as bands over the columns; `height` is that of the head or the body. */
export function Selected({
  selection,
  runs,
  tree,
  rows,
  left,
  height,
}: {
  selection: GridSelection
  runs: GridRun[]
  tree: TreeNode[]
  /** null: in the head, where rows do not count. */
  rows: GridRow[] | null
  left: number
  height: number
}) {
  const { nodes } = selection
  const columns = bandsOf(runs, (run) => selection.runs.has(run.run_id))
  const lines =
    rows === null || nodes === null
      ? [{ top: 0, height }]
      : bandsOf(rows, (row) => nodes.has(tree[row.node]?.id ?? '')).map(({ from, to }) => ({
          top: from * ROW,
          height: (to - from + 1) * ROW,
        }))
  return columns.flatMap(({ from, to }) =>
    lines.map((line) => (
      <div
        key={`${String(from)} ${String(line.top)}`}
        className="gv-picked"
        style={{ left: left + from * COLUMN, width: (to - from + 1) * COLUMN, ...line }}
      />
    )),
  )
}
