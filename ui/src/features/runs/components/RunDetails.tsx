import { Link } from 'wouter'
import type { RunFacts } from '@/api/contract'
import { Facts } from '@/components/Controls'
import { StateText } from '@/components/state/StateGlyph'
import { countsInWords, RUN_TYPES } from '@/components/state/table'
import { useNow } from '@/lib/clock'
import { useDates } from '@/lib/dates'
import { duration } from '@/lib/durations'
import { links } from '@/lib/links'
import { strings } from '@/lib/strings'
import { RunNote } from './RunNote'

const text = strings.run.details

/** Everything that is known of a run, in words. */
export function RunDetails({ run }: { run: RunFacts }) {
  const dates = useDates()
  const now = useNow(run.end === null ? 1_000 : 60_000)
  const at = (value: number | null) => (value === null ? text.none : dates.exact(value))
  return (
    <div className="scroll grow" tabIndex={0}>
      <div className="sheet">
        <section>
          <h2>{text.run}</h2>
          <Facts
            rows={[
              [
                text.id,
                <span key="id" className="mono">
                  {run.run_id}
                </span>,
              ],
              [text.state, <StateText key="state" state={run.state} />],
              [text.type, RUN_TYPES[run.run_type].label],
              [text.by, run.triggered_by],
              run.triggering_user === null ? null : [text.user, run.triggering_user],
              run.version_number === null
                ? null
                : [
                    text.version,
                    <Link
                      key="version"
                      className="link"
                      href={links.dag(run.dag_id, 'code', { version: String(run.version_number) })}
                    >
                      {strings.run.version(run.version_number)}
                    </Link>,
                  ],
              [text.tasks, countsInWords(run.counts) || text.none],
              [text.note, <RunNote key="note" run={run} />],
            ]}
          />
        </section>
        <section>
          <h2>{text.dates}</h2>
          <Facts
            rows={[
              [text.runAfter, at(run.run_after)],
              [text.logical, at(run.logical_date)],
              run.data_interval_start === null || run.data_interval_end === null
                ? null
                : [text.interval, `${dates.exact(run.data_interval_start)} – ${dates.exact(run.data_interval_end)}`],
              [text.queued, at(run.queued)],
              [text.started, at(run.start)],
              [text.ended, at(run.end)],
              run.queued === null || run.start === null ? null : [text.waited, duration(run.start - run.queued)],
              run.start === null ? null : [text.took, duration((run.end ?? now) - run.start)],
              run.typical_duration === null ? null : [text.usual, duration(run.typical_duration)],
            ]}
          />
        </section>
        <section>
          <h2>{text.conf}</h2>
          {isEmpty(run.conf) ? (
            <p className="t12 i3">{text.noConf}</p>
          ) : (
            <pre className="well">{JSON.stringify(run.conf, null, 2)}</pre>
          )}
        </section>
      </div>
    </div>
  )
}

function isEmpty(conf: unknown): boolean {
  return conf === null || conf === undefined || (typeof conf === 'object' && Object.keys(conf).length === 0)
}
