import { ChevronDown, ChevronRight } from 'lucide-react'
import { memo, useState, type ReactNode } from 'react'
import type { LogLine } from '@/api/contract'
import { Icon } from '@/components/Icon'
import { useDates } from '@/lib/dates'
import { count } from '@/lib/durations'
import { strings } from '@/lib/strings'
import { lookOf } from '../model/level'
import { CHARS_MAX, groupTitle, partsOf, shown } from '../model/text'

const text = strings.logs
const INDENT_PX = 14

export interface GroupRow {
  closed: boolean
  /** Lines inside; null while it is still open. */ lines: number | null
}

interface Props {
  n: number
  /** undefined: not read yet. */
  line: LogLine | undefined
  query: string
  current: boolean
  depth: number
  group: GroupRow | null
  onPick: (n: number) => void
  onToggle: (n: number) => void
}

/** One line with what belongs to it: a traceback stands under its line as one block. */
export const LogRow = memo(function LogRow({ n, line, query, current, depth, group, onPick, onToggle }: Props) {
  const look = line ? lookOf(line) : null
  const indent = depth === 0 ? {} : { paddingLeft: depth * INDENT_PX }
  return (
    <div
      className={['log-line', look?.look ?? 'unread', current && 'at'].filter(Boolean).join(' ')}
      data-line={n}
      data-read={line !== undefined}
    >
      <button
        type="button"
        className="no"
        tabIndex={-1}
        aria-hidden
        title={text.linkToLine(n)}
        onClick={() => onPick(n)}
      >
        {n}
      </button>
      <span className="ts">{line?.time == null ? '' : <Time at={line.time} />}</span>
      <span className="lv">{group ? '' : look?.label}</span>
      <span className="m" style={indent}>
        {line === undefined ? (
          <i />
        ) : group ? (
          <GroupHead title={groupTitle(line.text)} group={group} onToggle={() => onToggle(n)} />
        ) : (
          <Text of={line.text} query={query} current={current} />
        )}
      </span>
      {line && line.detail.length > 0 && (
        <div className="detail" style={indent}>
          {line.detail.map((one, i) => (
            <div key={i} className={i === line.detail.length - 1 && look?.look === 'error' ? 'last' : ''}>
              <Text of={one} query={query} current={current} />
            </div>
          ))}
        </div>
      )}
    </div>
  )
})

function Time({ at }: { at: number }) {
  const dates = useDates()
  return `${dates.clock(at)}.${String(((at % 1000) + 1000) % 1000).padStart(3, '0')}`
}

function GroupHead({ title, group, onToggle }: { title: string; group: GroupRow; onToggle: () => void }) {
  return (
    <button type="button" className="grp" aria-expanded={!group.closed} onClick={onToggle}>
      <Icon of={group.closed ? ChevronRight : ChevronDown} size={12} />
      {title}
      {group.closed && group.lines !== null && <span className="i3">{text.groupLines(count(group.lines))}</span>}
    </button>
  )
}

/** Text as text: hits are marked, web addresses lead there, nothing else of it means anything. */
function Text({ of, query, current }: { of: string; query: string; current: boolean }): ReactNode {
  const [whole, setWhole] = useState(false)
  const clean = shown(whole ? of : of.slice(0, CHARS_MAX))
  return (
    <>
      {partsOf(clean, query).map((part, i) => {
        if (part.kind === 'hit')
          return (
            <mark key={i} className={current ? 'now' : ''}>
              {part.text}
            </mark>
          )
        if (part.kind === 'link')
          return (
            <a key={i} href={part.text} target="_blank" rel="noopener noreferrer">
              {part.text}
            </a>
          )
        return part.text
      })}
      {!whole && of.length > CHARS_MAX && (
        <button type="button" className="rest" onClick={() => setWhole(true)}>
          … {text.rest(count(of.length - CHARS_MAX))}
        </button>
      )}
    </>
  )
}
