import type { Cell } from '@/api/contract'
import { countsInWords, STATES } from '@/components/state/table'
import { strings } from '@/lib/strings'

const GAP = 14
const WIDTH = 260

/** What lies under the pointer. */
export function GridTip({
  name,
  when,
  words,
  at,
}: {
  name: string
  when: string
  words: string
  at: { x: number; y: number }
}) {
  const left = at.x + GAP + WIDTH > window.innerWidth ? at.x - GAP - WIDTH : at.x + GAP
  return (
    <div className="tip" style={{ left, top: Math.min(at.y + GAP, window.innerHeight - 80), width: WIDTH }}>
      <div className="w5 ell">{name}</div>
      <div className="i3">{when}</div>
      <div className="i2">{words}</div>
    </div>
  )
}

/** `failed`, or `3 failed, 91 success` of many. */
export function cellWords(cell: Cell): string {
  if (cell === null) return strings.dags.grid.notThen
  return typeof cell === 'string' ? STATES[cell].label.toLowerCase() : countsInWords(cell.counts)
}
