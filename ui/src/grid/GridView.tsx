import { useEffect, useImperativeHandle, useMemo, useRef, type MouseEvent, type Ref } from 'react'
import type { GridRun, TreeNode } from '@/api/contract'
import { useNow } from '@/lib/clock'
import { useHold } from '@/lib/hold'
import { useMedia } from '@/lib/media'
import { useDates, type Dates } from '@/lib/dates'
import { axisMarks, type AxisMarks } from './axis'
import { BLOCK_COLUMNS, BLOCK_ROWS, COLUMN, HEAD, ROW, TREE, TREE_NARROW } from './geometry'
import { Blocks, Rules } from './GridBlocks'
import { AxisLabels, GridHead, longestOf } from './GridHead'
import { GridTree } from './GridTree'
import type { Place } from './moves'
import { Selected } from './Selected'
import type { GridSelection } from './selected'
import { useDrag } from './use-drag'
import { mappedSize, type GridRow } from './rows'
import { useCursorInView, useKeepRightEdge, useStayAtNewest } from './use-scroll'
import { useGridWindow } from './use-window'

export interface GridViewProps {
  tree: TreeNode[]
  rows: GridRow[]
  runs: GridRun[]
  cursor: Place | null
  selection: GridSelection | null
  /** A drag over the bars, by columns. */
  onDragRuns: (from: number, to: number) => void
  onDragCells: (from: Place, to: Place) => void
  typical: number | null
  axisLabel: string
  label: string
  /** The cursor in words, for those who do not see it. */
  spoken: string
  onPick: (place: Place) => void
  onFold: (id: string) => void
  onOpenRun: (run: GridRun) => void
  onHover: (place: Place | null, at: { x: number; y: number }) => void
  /** The oldest columns came into view. */
  onOldest: () => void
  ref?: Ref<GridHandle>
}

export interface GridHandle {
  /** Scrolls by that many views; negative is older. */
  page: (by: number) => void
}

/** Cells are drawn, so the one under the cursor stands for all to those who do not see them. */
const ACTIVE = 'grid-active-cell'

export function GridView({ ref, ...props }: GridViewProps) {
  const { tree, rows, runs, cursor, onPick } = props
  const treeWidth = useMedia('(max-width: 899px)') ? TREE_NARROW : TREE
  const dates = useDates()
  const now = useNow()
  const scroller = useRef<HTMLDivElement>(null)
  // Before the window is measured: it depends on where this scrolls to.
  useStayAtNewest(scroller, runs)
  const view = useGridWindow(scroller, runs.length, rows.length, treeWidth)
  const width = runs.length * COLUMN + 16
  const height = rows.length * ROW
  const marks = useAxisMarks(runs, dates)
  const longest = longestOf(runs, now, props.typical)
  const sizes = useMemo(
    () =>
      new Map(
        tree.flatMap((node, i) => {
          const size = node.is_mapped ? mappedSize(runs.map((run) => run.cells[i])) : null
          return size === null ? [] : [[i, size] as const]
        }),
      ),
    [tree, runs],
  )
  const columns = {
    from: view.columns.from * BLOCK_COLUMNS,
    to: Math.min(runs.length, (view.columns.to + 1) * BLOCK_COLUMNS),
  }
  const lines = { from: view.rows.from * BLOCK_ROWS, to: Math.min(rows.length, (view.rows.to + 1) * BLOCK_ROWS) }

  useKeepRightEdge(scroller)
  useCursorInView(scroller, cursor, treeWidth)
  useImperativeHandle(
    ref,
    () => ({
      page: (by) => {
        const own = scroller.current
        own?.scrollBy({ left: by * Math.max(COLUMN, own.clientWidth - treeWidth - 2 * COLUMN) })
      },
    }),
    [treeWidth],
  )

  const { onOldest } = props
  useEffect(() => {
    // Where it stands now counts: after older runs came, what was measured before them is out of date.
    if (view.nearOldest && (scroller.current?.scrollLeft ?? Infinity) < BLOCK_COLUMNS * COLUMN) onOldest()
  }, [view.nearOldest, runs.length, onOldest])

  const placeAt = (event: MouseEvent<HTMLElement>): Place | null => {
    const box = event.currentTarget.getBoundingClientRect()
    const column = Math.floor((event.clientX - box.left - treeWidth) / COLUMN)
    const line = Math.floor((event.clientY - box.top) / ROW)
    const own = scroller.current?.getBoundingClientRect()
    if (own && event.clientX < own.left + treeWidth) return null
    return column >= 0 && column < runs.length && line >= 0 && line < rows.length ? { column, line } : null
  }

  useHold(
    scroller,
    (x, y) => {
      const body = scroller.current?.querySelector('.gv-body')?.getBoundingClientRect()
      const place = body && {
        column: Math.floor((x - body.left - treeWidth) / COLUMN),
        line: Math.floor((y - body.top) / ROW),
      }
      const isCell = place && runs[place.column] !== undefined && rows[place.line] !== undefined
      props.onHover(isCell ? place : null, { x, y })
    },
    () => props.onHover(null, { x: 0, y: 0 }),
  )

  const headDrag = useDrag(
    (event) => {
      const box = event.currentTarget.getBoundingClientRect()
      const column = Math.floor((event.clientX - box.left - treeWidth) / COLUMN)
      const own = scroller.current?.getBoundingClientRect()
      if (own && event.clientX < own.left + treeWidth) return null
      return column >= 0 && column < runs.length ? { column, line: 0 } : null
    },
    (from, to) => props.onDragRuns(from.column, to.column),
  )
  const bodyDrag = useDrag(placeAt, props.onDragCells)
  const selected = (inHead: boolean) =>
    props.selection && (
      <Selected
        selection={props.selection}
        runs={runs}
        tree={tree}
        rows={inHead ? null : rows}
        left={treeWidth}
        height={inHead ? HEAD : height}
      />
    )

  return (
    <div
      ref={scroller}
      className="gv scroll"
      role="grid"
      aria-label={props.label}
      aria-rowcount={rows.length}
      aria-colcount={runs.length}
      aria-activedescendant={cursor ? ACTIVE : undefined}
      tabIndex={0}
    >
      <div className="gv-space" style={{ width: treeWidth + width, height: HEAD + height }}>
        <div className="gv-head" {...headDrag}>
          {selected(true)}
          {cursor && (
            <div
              className="gv-sel"
              style={{ left: treeWidth + cursor.column * COLUMN, top: 0, width: COLUMN, height: HEAD }}
            />
          )}
          <AxisLabels longest={longest} label={props.axisLabel} width={treeWidth} />
          <GridHead
            left={treeWidth}
            runs={runs}
            marks={marks}
            from={columns.from}
            to={columns.to}
            now={now}
            typical={props.typical}
            dates={dates}
            onOpen={props.onOpenRun}
            width={width}
            longest={longest}
          />
        </div>
        <div
          className="gv-body"
          style={{ height }}
          {...bodyDrag}
          onClick={(event) => {
            const place = placeAt(event)
            if (place) onPick(place)
          }}
          onMouseMove={(event) => props.onHover(placeAt(event), { x: event.clientX, y: event.clientY })}
          onMouseLeave={() => props.onHover(null, { x: 0, y: 0 })}
        >
          {selected(false)}
          {cursor && <div className="gv-sel gv-row-sel" style={{ top: cursor.line * ROW, height: ROW }} />}
          {cursor && (
            <div
              className="gv-sel"
              style={{ left: treeWidth + cursor.column * COLUMN, top: 0, width: COLUMN, height }}
            />
          )}
          <Rules left={treeWidth} marks={marks} height={height} width={width} />
          <Blocks left={treeWidth} rows={rows} runs={runs} columns={view.columns} lines={view.rows} />
          {cursor && (
            <div
              className="gv-cursor"
              style={{ left: treeWidth + cursor.column * COLUMN + 1, top: cursor.line * ROW + 3 }}
            />
          )}
          <div className="gv-tree" style={{ width: treeWidth, height }}>
            <GridTree
              tree={tree}
              rows={rows}
              from={lines.from}
              to={lines.to}
              selected={cursor?.line ?? null}
              sizes={sizes}
              onFold={props.onFold}
              onPick={(line) => onPick({ column: cursor?.column ?? runs.length - 1, line })}
            />
          </div>
        </div>
      </div>
      {cursor && (
        <div className="sr" role="row" aria-rowindex={cursor.line + 1}>
          <div id={ACTIVE} role="gridcell" aria-colindex={cursor.column + 1} aria-selected>
            {props.spoken}
          </div>
        </div>
      )}
    </div>
  )
}

function useAxisMarks(runs: GridRun[], dates: Dates): AxisMarks {
  return useMemo(() => axisMarks(runs, dates), [runs, dates])
}
