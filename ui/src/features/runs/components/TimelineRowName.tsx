import { ChevronDown, ChevronRight } from 'lucide-react'
import type { TreeNode } from '@/api/contract'
import { Icon } from '@/components/Icon'
import { StateGlyph } from '@/components/state/StateGlyph'
import { totalOf, worstOf, statesIn } from '@/components/state/table'
import { count, duration } from '@/lib/durations'
import { strings } from '@/lib/strings'
import { ofCell } from '../timeline/bars'
import { totalRan } from '../timeline/pools'
import type { Profiles } from '../timeline/profile'
import { beginOf, endOf } from '../timeline/ends'
import type { Row } from '../timeline/rows'

const text = strings.run

/** The left part of a row: where it stands in the tree, its state, its name, how long it took. */
export function TimelineRowName({
  row,
  tree,
  profiles,
  now,
}: {
  row: Row
  tree: readonly TreeNode[]
  profiles: Profiles
  now: number
}) {
  const { node, at, depth, closed } = row
  const { counts, state } = ofCell(at.cell)
  const tries =
    at.segments.filter((segment) => segment.kind === 'failed').length + (at.segments.at(-1)?.kind === 'failed' ? 0 : 1)
  const instances = node.is_mapped && counts ? totalOf(counts) : 0
  return (
    <>
      {Array.from({ length: depth }, (_, i) => (
        <span key={i} className="guide" />
      ))}
      {closed === null ? (
        <StateGlyph state={state ?? (counts ? (worstOf(statesIn(counts)) ?? 'none') : 'none')} />
      ) : (
        <span className="fold">
          <Icon of={closed ? ChevronRight : ChevronDown} size={14} />
        </span>
      )}
      <span className="ell" title={node.tooltip ?? node.id}>
        {node.label}
      </span>
      {instances > 0 && <span className="cnt">× {count(instances)}</span>}
      {(closed === true || row.members) && <span className="cnt">{text.tasks(count(row.tasks))}</span>}
      {closed === null && tries > 1 && <span className="cnt">{text.tries(tries)}</span>}
      <span className="d" title={row.members && text.together}>
        {row.members ? duration(totalRan(row.members, tree, profiles, now)) : tookText(row, now)}
      </span>
    </>
  )
}

/** How long a row took so far; nothing for what has not begun, a dash for what never will. */
export function tookText(row: Row, now: number): string {
  const { state } = ofCell(row.at.cell)
  if (state === 'skipped' || state === 'upstream_failed' || state === 'removed') return '–'
  const begin = beginOf(row.at)
  return begin === null ? '' : duration((endOf(row.at) ?? now) - begin)
}

/** The bar of a row in words. */
export function barText(row: Row, now: number, clock: (at: number) => string): string {
  const begin = beginOf(row.at)
  if (begin === null) return text.never
  const end = endOf(row.at)
  return end === null
    ? text.since(clock(begin), duration(now - begin))
    : text.ran(clock(begin), clock(end), duration(end - begin))
}
