import type { SegmentKind, Timeline } from '@/api/contract'
import { Tag } from '@/components/Controls'
import { StateGlyph } from '@/components/state/StateGlyph'
import { countsInWords, statesIn, totalOf, worstOf } from '@/components/state/table'
import { useDates } from '@/lib/dates'
import { count, duration } from '@/lib/durations'
import { strings } from '@/lib/strings'
import { ofCell } from '../timeline/bars'
import { shareOfPath } from '../timeline/critical'
import type { Profiles } from '../timeline/profile'
import { beginOf, endOf } from '../timeline/ends'
import type { Hover } from './TimelineChart'
import { tookText } from './TimelineRowName'

const text = strings.run.card
const WIDTH = 288
const GAP = 16

/** The figures of the row under the pointer. */
export function HoverCard({
  timeline,
  profiles,
  hover,
  now,
}: {
  timeline: Timeline
  profiles: Profiles
  hover: Hover
  now: number
}) {
  const dates = useDates()
  const { row } = hover
  const { node, at } = row
  const { counts, state } = ofCell(at.cell)
  const begin = beginOf(at)
  const end = endOf(at)
  const sum = (...kinds: SegmentKind[]) =>
    at.segments.filter((one) => kinds.includes(one.kind)).reduce((all, one) => all + (one.to ?? now) - one.from, 0)
  const profile = profiles.get(node.id)
  const retries = profile?.retries ?? 0
  const share = shareOfPath(timeline, at.node, now)
  const tries = at.segments.filter((one) => one.kind === 'failed' || (one.kind === 'run' && one.to === null)).length
  const timed = (name: string, ms: number): [string, string] | null => (ms > 0 ? [name, duration(ms)] : null)
  const facts: ([string, string] | null)[] = [
    counts
      ? [
          text.instances,
          [countsInWords(counts), retries > 0 && strings.run.retries(retries)].filter(Boolean).join(', '),
        ]
      : null,
    profile ? [text.parallel, text.atMost(count(profile.at_most))] : null,
    begin === null ? null : [text.began, dates.clock(begin)],
    end === null ? null : [text.ended, dates.clock(end)],
    tries > 1 ? [text.tries, count(tries)] : null,
    timed(text.slot, sum('slot')),
    timed(text.waited, sum('queued')),
    timed(text.deferred, sum('deferred', 'reschedule')),
    timed(text.ran, sum('run', 'failed')),
    profile?.queued == null ? null : [text.waited, text.mean(duration(profile.queued))],
    profile?.ran == null || profile.ran_max == null
      ? null
      : [text.run, text.meanAndMax(duration(profile.ran), duration(profile.ran_max))],
    share === null
      ? null
      : [text.path, (timeline.run.end === null ? text.share : text.shareDone)(`${String(Math.round(share * 100))} %`)],
  ]
  const left = hover.x + GAP + WIDTH > window.innerWidth ? hover.x - GAP - WIDTH : hover.x + GAP
  return (
    <div className="tip tl-card" style={{ left, top: Math.min(hover.y + GAP, window.innerHeight - 200), width: WIDTH }}>
      <div className="row">
        <StateGlyph state={state ?? (counts ? (worstOf(statesIn(counts)) ?? 'none') : 'none')} />
        <b className="ell">{node.label}</b>
        {node.is_mapped && counts && <Tag>× {count(totalOf(counts))}</Tag>}
        <span className="grow" />
        <span className="i3">{tookText(row, now)}</span>
      </div>
      <dl>
        {facts.map(
          (fact) =>
            fact && (
              <div key={fact[0]}>
                <dt>{fact[0]}</dt>
                <dd>{fact[1]}</dd>
              </div>
            ),
        )}
      </dl>
    </div>
  )
}
