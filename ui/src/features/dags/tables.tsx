import type { GridRun, RunBar, TreeNode } from '@/api/contract'
import { chartOf, type ChartData } from '@/components/ChartTable'
import { StateGlyph } from '@/components/state/StateGlyph'
import { STATES } from '@/components/state/table'
import type { Shown } from '@/graph/model'
import { cellState, type GridRow } from '@/grid/rows'
import type { Dates } from '@/lib/dates'
import { duration } from '@/lib/durations'
import { strings } from '@/lib/strings'
import { cellWords } from './components/GridTip'

const { run: runName, task, state, duration: took } = strings.chartTable

/** Every cell of a grid, run by run from the newest, each in the order of the rows. */
export function gridTable(tree: TreeNode[], rows: GridRow[], runs: GridRun[], dates: Dates): ChartData {
  return {
    title: strings.dags.grid.label,
    columns: [{ label: task }, { label: runName }, { label: state }],
    length: rows.length * runs.length,
    row: (index) => {
      const run = runs[runs.length - 1 - Math.floor(index / rows.length)]
      const row = rows[index % rows.length]
      if (!run || !row) return []
      const cell = run.cells[row.node] ?? null
      return [tree[row.node]?.id, dates.dateTime(run.run_after), <StateWords cell={cell} />]
    },
  }
}

/** The nodes of a graph with what comes before each. */
export function graphTable({ nodes, edges }: Shown, hasRun: boolean): ChartData {
  const { label, columns } = strings.graph
  const before = new Map<string, string[]>()
  for (const { from, to } of edges) before.set(to, [...(before.get(to) ?? []), from])
  return chartOf(label, [{ label: task }, { label: columns.before }, { label: state }], nodes, (node) => [
    node.id,
    before.get(node.id)?.join(', ') ?? '–',
    hasRun ? <StateWords cell={node.cell} /> : '–',
  ])
}

/** Runs over time. */
export function runsTable(title: string, runs: readonly RunBar[], now: number, dates: Dates): ChartData {
  const { began, waits } = strings.dags.timeline
  return chartOf(
    title,
    [{ label: runName }, { label: began }, { label: state }, { label: took, figure: true }],
    runs,
    (run) => [
      dates.dateTime(run.run_after),
      run.start === null ? waits : dates.dateTime(run.start),
      STATES[run.state].label,
      run.start === null ? '–' : duration((run.end ?? now) - run.start),
    ],
  )
}

function StateWords({ cell }: { cell: GridRun['cells'][number] }) {
  const worst = cellState(cell)
  return (
    <span className="row near mid">
      {worst && <StateGlyph state={worst} size={12} quiet />}
      <span className="ell" title={cellWords(cell)}>
        {cellWords(cell)}
      </span>
    </span>
  )
}
