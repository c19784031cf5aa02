import { useCallback, useState } from 'react'
import type { GridRun, TreeNode } from '@/api/contract'
import { moved, type Direction, type Place } from '@/grid/moves'
import type { GridRow } from '@/grid/rows'
import { blockBetween, runsBetween, toggledRun, type GridSelection } from '@/grid/selected'
import { useKeys } from '@/lib/keys'
import { useMay } from '@/lib/session'
import { strings } from '@/lib/strings'

const DIRECTIONS: Record<string, Direction> = {
  'Shift+ArrowUp': 'up',
  'Shift+ArrowDown': 'down',
  'Shift+ArrowLeft': 'left',
  'Shift+ArrowRight': 'right',
}

/** Runs by X or by a drag over their bars, cells by Shift with arrows or a drag over them; nothing for who may not act. */
export function useGridSelection(tree: TreeNode[], rows: GridRow[], runs: GridRun[], cursor: Place | null) {
  const may = useMay('user')
  const [selection, setSelection] = useState<GridSelection | null>(null)
  const [corner, setCorner] = useState<Place | null>(null)
  const clear = useCallback(() => {
    setSelection(null)
    setCorner(null)
  }, [])
  const select = (next: GridSelection | null) => {
    if (may) setSelection(next)
  }
  const extend = (direction: Direction) => {
    if (cursor === null) return
    const to = moved(corner ?? cursor, direction, runs.length, rows.length)
    if (to === null) return
    setCorner(to)
    select(blockBetween(tree, rows, runs, cursor, to))
  }
  const column = cursor && runs[cursor.column]
  useKeys(
    [
      {
        keys: ['x'],
        label: strings.dags.keys.selectRun,
        run: () => column && select(toggledRun(selection, column.run_id)),
        foot: true,
      },
      {
        keys: Object.keys(DIRECTIONS),
        show: ['Shift', '↑', '↓', '←', '→'],
        label: strings.acts.keys.extend,
        run: (key) => {
          const direction = DIRECTIONS[key]
          if (direction) extend(direction)
        },
      },
    ],
    { off: !may },
  )
  return {
    /** Of runs that are still shown. */
    selection: selection !== null && runs.some((run) => selection.runs.has(run.run_id)) ? selection : null,
    clear,
    dragRuns: (from: number, to: number) => select(runsBetween(runs, from, to)),
    dragCells: (from: Place, to: Place) => select(blockBetween(tree, rows, runs, from, to)),
  }
}
