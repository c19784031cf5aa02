import { useVirtualizer } from '@tanstack/react-virtual'
import { useRef, useState, type ReactNode } from 'react'
import { count } from '@/lib/durations'
import { useKeys } from '@/lib/keys'
import { strings } from '@/lib/strings'
import { Segmented } from './Controls'
import { Dialog } from './Dialog'

/** What a chart shows, in rows. They are asked for one by one, because a grid may have millions of cells. */
export interface ChartData {
  title: string
  columns: { label: string; figure?: boolean }[]
  length: number
  row: (index: number) => ReactNode[]
}

const text = strings.chartTable
const ROW_HEIGHT = 24
const COLUMN_WIDTH = 208
/** Browsers draw nothing beyond some 33 million pixels. */
const ROWS_MAX = 1_000_000

/** `A` opens the charts of a screen as tables; the answer is to be drawn. */
export function useChartTable(charts: () => ChartData[], { off = false }: { off?: boolean } = {}): ReactNode {
  const [isOpen, setOpen] = useState(false)
  useKeys([{ keys: ['a'], label: text.key, run: () => setOpen(true) }], { off })
  return isOpen && !off ? <ChartTables charts={charts()} onClose={() => setOpen(false)} /> : null
}

/** From values as they are. */
export function chartOf<T>(
  title: string,
  columns: ChartData['columns'],
  values: readonly T[],
  row: (value: T, index: number) => ReactNode[],
): ChartData {
  return {
    title,
    columns,
    length: values.length,
    row: (index) => {
      const value = values[index]
      return value === undefined ? [] : row(value, index)
    },
  }
}

function ChartTables({ charts, onClose }: { charts: ChartData[]; onClose: () => void }) {
  const [title, setTitle] = useState(charts[0]?.title)
  const chart = charts.find((one) => one.title === title) ?? charts[0]
  if (!chart) return null
  const choices = charts.map((one) => ({ value: one.title, label: one.title }))
  return (
    <Dialog
      title={chart.title}
      width={Math.max(560, chart.columns.length * COLUMN_WIDTH)}
      onClose={onClose}
      headActions={
        charts.length > 1 && (
          <Segmented small label={text.choose} choices={choices} value={chart.title} onChange={setTitle} />
        )
      }
      footer={<span className="t12 i3">{text.rows(count(Math.min(chart.length, ROWS_MAX)), count(chart.length))}</span>}
    >
      <Rows key={chart.title} chart={chart} />
    </Dialog>
  )
}

function Rows({ chart }: { chart: ChartData }) {
  const scroller = useRef<HTMLDivElement>(null)
  // The virtualizer changes inside while its identity stays, which the compiler-minded rule cannot see.
  // eslint-disable-next-line react-hooks/incompatible-library
  const virtual = useVirtualizer({
    count: Math.min(chart.length, ROWS_MAX),
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 16,
  })
  const columns = {
    gridTemplateColumns: `minmax(0, 1.5fr) repeat(${String(chart.columns.length - 1)}, minmax(0, 1fr))`,
  }
  const look = (column: number) => (chart.columns[column]?.figure ? 'ell r' : 'ell')
  return (
    <div className="chart-table" role="table" aria-label={chart.title} aria-rowcount={chart.length}>
      <div role="rowgroup">
        <div role="row" className="head" style={columns}>
          {chart.columns.map(({ label }, column) => (
            <span key={label} role="columnheader" className={look(column)}>
              {label}
            </span>
          ))}
        </div>
      </div>
      <div ref={scroller} className="rows" role="rowgroup" tabIndex={0} style={{ height: virtual.getTotalSize() }}>
        <div style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => (
            <div
              key={index}
              role="row"
              aria-rowindex={index + 1}
              style={{ ...columns, transform: `translateY(${String(start)}px)` }}
            >
              {chart.row(index).map((cell, column) => (
                <span
                  key={column}
                  role={column === 0 ? 'rowheader' : 'cell'}
                  className={look(column)}
                  title={typeof cell === 'string' ? cell : undefined}
                >
                  {cell}
                </span>
              ))}
            </div>
          ))}
        </div>
      </div>
    </div>
  )
}
