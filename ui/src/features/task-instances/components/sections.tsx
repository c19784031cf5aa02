import { Link } from 'wouter'
import type { TaskInstanceDetail, TaskState } from '@/api/contract'
import { Facts } from '@/components/Controls'
import { PanelSection } from '@/components/DetailPanel'
import { StateCell, StateGlyph } from '@/components/state/StateGlyph'
import { countsInWords, STATES, statesIn } from '@/components/state/table'
import { useNow } from '@/lib/clock'
import { useDates, type Dates } from '@/lib/dates'
import { bytes, count, duration } from '@/lib/durations'
import { links } from '@/lib/links'
import { strings } from '@/lib/strings'
import { durationsOf, historyBars, percentile } from '../model'

const text = strings.tasks
/** Beyond this a field of cells says less than its counts. */
const FIELD_CELLS_MAX = 240
const CHART = { width: 328, height: 56 }

type Mapped = NonNullable<TaskInstanceDetail['mapped']>

/** Instances as a field of cells. Which index has which state is not known here, so they stand by severity. */
export function InstancesSection({ mapped }: { mapped: Mapped }) {
  const cells: TaskState[] =
    mapped.total > FIELD_CELLS_MAX
      ? []
      : statesIn(mapped.counts).flatMap((state) => Array<TaskState>(mapped.counts[state] ?? 0).fill(state))
  return (
    <PanelSection title={text.instances} more={countsInWords(mapped.counts, ' · ')}>
      {cells.length > 0 && (
        <div className="heat">
          {cells.map((state, i) => (
            <StateCell key={i} state={state} size={12} />
          ))}
        </div>
      )}
    </PanelSection>
  )
}

export function FailedSection({ data, mapped }: { data: TaskInstanceDetail; mapped: Mapped }) {
  return (
    <PanelSection
      title={text.failedInstances}
      more={text.ofTotal(count(mapped.counts.failed ?? mapped.failed.length), count(mapped.total))}
    >
      <ul className="fails">
        {mapped.failed.map((one) => (
          <li key={one.map_index}>
            <Link href={links.task(data.dag_id, data.run_id, data.task_id, one.map_index)}>
              <StateGlyph state={one.state} />
              <span className="mono">[{one.map_index}]</span>
              <span className="ell" title={one.reason ?? undefined}>
                {one.reason ?? one.label ?? STATES[one.state].label}
              </span>
              <span className="i3">{one.duration === null ? '' : duration(one.duration)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </PanelSection>
  )
}

export function DurationSection({ history }: { history: TaskInstanceDetail['history'] }) {
  const values = durationsOf(history)
  if (values.length === 0) return null
  const { bars, barWidth, median } = historyBars(history, CHART.width, CHART.height)
  const p50 = percentile(values, 0.5)
  const p95 = percentile(values, 0.95)
  const words = [p50 === null ? '' : text.p50(duration(p50)), p95 === null ? '' : text.p95(duration(p95))].join(' · ')
  return (
    <PanelSection title={`${text.duration}, ${text.lastRuns(history.length)}`} more={words}>
      <svg
        className="history"
        viewBox={`0 0 ${String(CHART.width)} ${String(CHART.height)}`}
        role="img"
        aria-label={`${text.duration}, ${words}`}
      >
        <path className="s-grid" d={`M0 8.5H${String(CHART.width)}M0 24.5H${String(CHART.width)}`} />
        {bars.map((bar) => (
          <rect
            key={bar.x}
            x={bar.x}
            y={CHART.height - bar.height}
            width={barWidth}
            height={bar.height}
            rx={1}
            className={bar.state === 'success' ? 'f-ok-q' : `f-${STATES[bar.state].family}`}
          />
        ))}
        {median !== null && (
          <path
            className="s-ink-2"
            strokeDasharray="3 3"
            d={`M0 ${String(CHART.height - median)}H${String(CHART.width)}`}
          />
        )}
      </svg>
    </PanelSection>
  )
}

export function AttemptSection({ data }: { data: TaskInstanceDetail }) {
  const dates = useDates()
  const now = useNow()
  const attempt = data.attempts.at(-1)
  return (
    <PanelSection title={text.attempt}>
      <Facts
        rows={[
          [text.tries, text.tryOf(data.try_number, data.max_tries + 1)],
          [text.ran, ranText(data, dates, now)],
          data.queued === null ? null : [text.queueWait, duration((data.start ?? now) - data.queued)],
          data.not_before === null ? null : [text.notBefore, dates.clock(data.not_before)],
          attempt?.reason == null
            ? null
            : [
                text.reason,
                <span key="reason">
                  {attempt.reason}
                  {attempt.exit_status !== null && <span className="i3"> {text.exit(attempt.exit_status)}</span>}
                </span>,
              ],
          [
            text.operator,
            <span key="operator" className="mono">
              {data.operator}
            </span>,
          ],
          [
            text.pool,
            <span key="pool">
              {data.pool} <span className="i3">{text.slots(data.pool_slots)}</span>
            </span>,
          ],
          data.trigger_rule === 'all_success' ? null : [text.rule, data.trigger_rule],
          attempt?.max_rss_bytes == null ? null : [text.peakMemory, bytes(attempt.max_rss_bytes)],
          attempt?.hostname == null
            ? null
            : [
                text.worker,
                <span key="worker" className="mono">
                  {attempt.hostname}
                </span>,
              ],
        ]}
      />
    </PanelSection>
  )
}

function ranText(data: TaskInstanceDetail, dates: Dates, now: number): string {
  if (data.start === null) return text.notStarted
  if (data.end === null) return `${text.since(dates.clock(data.start))}, ${duration(now - data.start)}`
  return `${dates.clock(data.start)} – ${dates.clock(data.end)}, ${duration(data.end - data.start)}`
}

export function NeighboursSection({ data }: { data: TaskInstanceDetail }) {
  if (data.upstream.length === 0 && data.downstream.length === 0) return null
  return (
    <section>
      <Facts
        rows={[
          [text.before, names(data.upstream)],
          [text.after, names(data.downstream)],
        ]}
      />
    </section>
  )
}

const names = (ids: string[]) => (ids.length === 0 ? text.nothing : ids.join(', '))
