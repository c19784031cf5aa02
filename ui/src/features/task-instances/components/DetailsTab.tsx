import { Link } from 'wouter'
import type { Attempt, TaskInstanceDetail } from '@/api/contract'
import { Facts } from '@/components/Controls'
import { PanelSection } from '@/components/DetailPanel'
import { RUN_TYPES } from '@/components/state/table'
import { useDates } from '@/lib/dates'
import { count } from '@/lib/durations'
import { links } from '@/lib/links'
import { strings } from '@/lib/strings'
import { exitWords, setDuration } from '../model'
import { DurationSection, NeighboursSection } from './sections'

const text = strings.tasks

/** Its times, its settings and its place. */
export function DetailsTab({ data, attempt }: { data: TaskInstanceDetail; attempt: Attempt | undefined }) {
  const dates = useDates()
  const at = (value: number | null | undefined) => (value == null ? text.notYet : dates.exact(value))
  const exit = attempt ? exitWords(attempt) : null
  return (
    <>
      <DurationSection history={data.history} />
      <PanelSection title={attempt ? `${text.attempt} ${String(attempt.try_number)}` : text.times}>
        <Facts
          rows={[
            data.try_number === 0 ? null : [text.tries, text.tryOf(data.try_number, data.max_tries + 1)],
            attempt === undefined && data.queued === null
              ? null
              : [text.queuedTime, at(attempt ? attempt.queued : data.queued)],
            [text.started, at(attempt ? attempt.start : data.start)],
            [text.ended, at(attempt ? attempt.end : data.end)],
            attempt?.reason == null && exit === null
              ? null
              : [
                  text.reason,
                  <span key="reason">
                    {attempt?.reason} {exit !== null && <span className="i3">{exit}</span>}
                  </span>,
                ],
            attempt?.hostname == null
              ? null
              : [
                  text.worker,
                  <span key="worker" className="mono">
                    {attempt.hostname}
                  </span>,
                ],
            attempt?.pid == null ? null : [text.pid, String(attempt.pid)],
            data.not_before === null ? null : [text.notBefore, at(data.not_before)],
          ]}
        />
      </PanelSection>
      <PanelSection title={text.settings}>
        <Facts
          rows={[
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
            [text.queue, data.queue],
            [text.priority, count(data.priority_weight)],
            [text.rule, data.trigger_rule],
            [text.timeout, data.execution_timeout === null ? text.none : setDuration(data.execution_timeout)],
          ]}
        />
      </PanelSection>
      <PanelSection title={text.place}>
        <Facts
          rows={[
            [
              text.dag,
              <Link key="dag" className="link" href={links.dag(data.dag_id)}>
                {data.dag_id}
              </Link>,
            ],
            [
              text.runId,
              <Link key="run" className="link mono" href={links.run(data.dag_id, data.run_id)}>
                {data.run_id}
              </Link>,
            ],
            [text.runType, RUN_TYPES[data.run.run_type].label],
            [
              text.task,
              <span key="task" className="mono">
                {data.task_id}
              </span>,
            ],
            data.map_index < 0 ? null : [text.mapIndex, String(data.map_index)],
            data.version_number === null ? null : [text.code, text.version(data.version_number)],
          ]}
        />
      </PanelSection>
      <NeighboursSection data={data} />
    </>
  )
}
