import { ChevronDown, ChevronRight } from 'lucide-react'
import { Link } from 'wouter'
import type { GridRun, TreeNode } from '@/api/contract'
import { Icon } from '@/components/Icon'
import { StateGlyph, StatePill } from '@/components/state/StateGlyph'
import { VirtualList } from '@/components/VirtualList'
import { cellState, type GridRow } from '@/grid/rows'
import { useDates } from '@/lib/dates'
import { links } from '@/lib/links'
import { strings } from '@/lib/strings'
import { cellWords } from './GridTip'

const text = strings.dags.grid

/** The grid of a phone: the newest run as a list of its tasks. */
export function LastRunList({
  dagId,
  tree,
  rows,
  run,
  cursor,
  onPick,
  onFold,
}: {
  dagId: string
  tree: TreeNode[]
  rows: GridRow[]
  run: GridRun
  /** Index of a row; -1 = none. */
  cursor: number
  onPick: (index: number) => void
  onFold: (id: string) => void
}) {
  const dates = useDates()
  return (
    <>
      <Link className="last-run" href={links.run(dagId, run.run_id)}>
        <span className="name ell">{dates.dateTime(run.run_after)}</span>
        <StatePill state={run.state} />
      </Link>
      <VirtualList
        rows={rows}
        rowKey={(row) => tree[row.node]?.id ?? ''}
        template="last-list"
        label={text.lastRun}
        head={<span role="columnheader">{text.lastRun}</span>}
        cursor={cursor}
        onCursor={onPick}
        onOpen={(row) => {
          const id = tree[row.node]?.id
          if (row.isGroup && id !== undefined) onFold(id)
        }}
        row={(row) => {
          const node = tree[row.node]
          const cell = run.cells[row.node] ?? null
          return node ? (
            <>
              <span role="cell" className={`row mid ell depth-${String(Math.min(row.depth, 4))}`}>
                <StateGlyph state={cellState(cell) ?? 'none'} />
                {row.isGroup ? (
                  <button type="button" className="row near" aria-expanded={row.isOpen} onClick={() => onFold(node.id)}>
                    <b className="ell">{node.label}</b>
                    <Icon of={row.isOpen ? ChevronDown : ChevronRight} size={14} />
                  </button>
                ) : (
                  <Link className="name ell" href={links.task(dagId, run.run_id, node.id)}>
                    {node.label}
                  </Link>
                )}
              </span>
              <span role="cell" className="t12 i3 ell">
                {cellWords(cell)}
              </span>
            </>
          ) : null
        }}
      />
    </>
  )
}
