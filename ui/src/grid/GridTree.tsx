import { ChevronDown, ChevronRight } from 'lucide-react'
import { memo } from 'react'
import type { TreeNode } from '@/api/contract'
import { Icon } from '@/components/Icon'
import { count, plural } from '@/lib/durations'
import { ROW } from './geometry'
import { nodeMark, type GridRow } from './rows'

/** Names of the rows. A group folds with a click. */
export const GridTree = memo(function GridTree({
  tree,
  rows,
  from,
  to,
  selected,
  sizes,
  onFold,
  onPick,
}: {
  tree: TreeNode[]
  rows: GridRow[]
  from: number
  to: number
  selected: number | null
  /** Instances of mapped tasks, by node. */
  sizes: Map<number, number>
  onFold: (id: string) => void
  onPick: (line: number) => void
}) {
  return rows.slice(from, to).map((row, i) => {
    const node = tree[row.node]
    if (!node) return null
    const line = from + i
    const size = sizes.get(row.node)
    const mark = nodeMark(node)
    return (
      <div
        key={node.id}
        role="row"
        aria-rowindex={line + 1}
        className={`gv-name${row.isGroup ? ' g' : ''}${line === selected ? ' sel' : ''}`}
        style={{ top: line * ROW }}
        title={node.tooltip ?? node.id}
        onClick={() => (row.isGroup ? onFold(node.id) : onPick(line))}
      >
        {Array.from({ length: row.depth }, (_, depth) => (
          <span key={depth} className="guide" />
        ))}
        {row.isGroup ? <Icon of={row.isOpen ? ChevronDown : ChevronRight} size={14} /> : <span className="no-fold" />}
        <span role="rowheader" className="ell">
          {node.label}
        </span>
        {node.is_mapped && !row.isGroup && <span className="cnt">{size === undefined ? '×' : `× ${count(size)}`}</span>}
        {row.isGroup && !row.isOpen && <span className="cnt">{plural(row.tasks, 'task')}</span>}
        {mark !== null && <span className="kind">{mark}</span>}
      </div>
    )
  })
})
