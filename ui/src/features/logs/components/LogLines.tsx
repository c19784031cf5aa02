import { useQueries } from '@tanstack/react-query'
import {
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useSyncExternalStore,
  type CSSProperties,
  type RefObject,
} from 'react'
import type { LogBlock, LogLine } from '@/api/contract'
import { strings } from '@/lib/strings'
import { blockQuery, blocksOf, lineIn, type LogSource } from '../api/log'
import type { LineMap } from '../model/lines'
import { spaceOf } from '../model/offsets'
import type { LogScroll } from '../model/scroll'
import { LogRow, type GroupRow } from './LogRow'
import { Ruler } from './Ruler'
import { WaitingRow, WAITING_PX } from './WaitingRow'

export interface Jump {
  line: number
}

interface Props {
  source: LogSource
  scroll: LogScroll
  map: LineMap
  tail: LogBlock
  grownAt: number
  query: string
  current: number | null
  hits: readonly number[]
  errors: readonly number[]
  warnings: readonly number[]
  /** A new value brings its line into view. */
  jump: Jump | null
  wrap: boolean
  groupAt: (line: number) => GroupRow | null
  depthAt: (line: number) => number
  onPick: (line: number) => void
  onToggle: (line: number) => void
}

/** The lines in view and the ruler beside them. Only lines near the view are mounted and read. */
export function LogLines({
  source,
  scroll,
  map,
  tail,
  grownAt,
  query,
  current,
  hits,
  errors,
  warnings,
  jump,
  wrap,
  groupAt,
  depthAt,
  onPick,
  onToggle,
}: Props) {
  const view = useSyncExternalStore(scroll.subscribe, scroll.get)
  const box = useRef<HTMLDivElement>(null)
  const id = useId()
  const below = tail.complete ? 0 : WAITING_PX

  useLayoutEffect(() => scroll.setMap(map, below), [scroll, map, below])
  useLayoutEffect(() => {
    if (jump) scroll.show(jump.line)
  }, [scroll, jump])
  useViewport(box, scroll, wrap)
  useLayoutEffect(() => {
    const own = box.current
    if (!own) return
    if (Math.abs(own.scrollTop - view.place.scrollTop) >= 1) own.scrollTop = view.place.scrollTop
    scroll.measured(
      [...own.querySelectorAll<HTMLElement>('.log-line[data-read="true"]')].map(
        (row) => [Number(row.dataset.line), row.offsetHeight] as const,
      ),
    )
  })

  const { place, offsets, first, last } = view
  const rows = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i)
  const lineAt = useLines(
    source,
    tail,
    rows.map((row) => offsets.map.lineAt(row)),
  )

  return (
    <div className="log-view" style={{ '--no': `${String(numberWidth(tail.total))}px` } as CSSProperties}>
      <div
        ref={box}
        id={id}
        className={wrap ? 'log wrap' : 'log'}
        tabIndex={0}
        role="region"
        aria-label={strings.logs.label}
        onScroll={(event) => scroll.scrolled(event.currentTarget.scrollTop)}
      >
        <div className="log-space" style={{ height: spaceOf(view.total) }}>
          <div
            className="log-rows"
            style={{ transform: `translateY(${String((first <= last ? offsets.top(first) : 0) - place.shift)}px)` }}
          >
            {rows.map((row) => {
              const n = offsets.map.lineAt(row)
              return (
                <LogRow
                  key={n}
                  n={n}
                  line={lineAt(n)}
                  query={query}
                  current={n === current}
                  depth={depthAt(n)}
                  group={groupAt(n)}
                  onPick={onPick}
                  onToggle={onToggle}
                />
              )
            })}
            {!tail.complete && last >= offsets.map.rows - 1 && <WaitingRow n={tail.total + 1} since={grownAt} />}
          </div>
        </div>
      </div>
      <Ruler
        view={view}
        errors={errors}
        warnings={warnings}
        hits={hits}
        controls={id}
        onScroll={(top) => scroll.scrollTo(top)}
      />
    </div>
  )
}

const DIGIT_PX = 7.3
const NUMBER_PX_MIN = 48

/** Room for the largest line number. */
function numberWidth(total: number): number {
  return Math.max(NUMBER_PX_MIN, Math.ceil(String(total).length * DIGIT_PX) + 24)
}

/** The lines as far as they are read; asks for the blocks of those that are not. */
function useLines(source: LogSource, tail: LogBlock, lines: number[]): (line: number) => LogLine | undefined {
  const blocks = useQueries({
    queries: blocksOf(lines, tail.lines[0]?.n ?? tail.total + 1).map((block) => blockQuery(source, block)),
  })
  return (line) => {
    const inTail = lineIn(tail, line)
    if (inTail) return inTail
    for (const block of blocks) {
      const found = lineIn(block.data, line)
      if (found) return found
    }
    return undefined
  }
}

/** Follows the size of the box; at another width, wrapped lines have other heights. */
function useViewport(box: RefObject<HTMLDivElement | null>, scroll: LogScroll, wrap: boolean): void {
  useLayoutEffect(() => {
    scroll.forgetHeights()
    scroll.setViewport(box.current?.clientHeight ?? 0)
  }, [box, scroll, wrap])

  useEffect(() => {
    const own = box.current
    if (!own) return
    let width = own.clientWidth
    const observer = new ResizeObserver(() => {
      scroll.setViewport(own.clientHeight)
      if (wrap && own.clientWidth !== width) scroll.forgetHeights()
      width = own.clientWidth
    })
    observer.observe(own)
    return () => observer.disconnect()
  }, [box, scroll, wrap])
}
