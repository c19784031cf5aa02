import type { DagHead } from '@/api/contract'
import { Facts, Tag } from '@/components/Controls'
import { useDates } from '@/lib/dates'
import { count, counted, roughDuration } from '@/lib/durations'
import { part } from '@/lib/part'
import { strings } from '@/lib/strings'
import { DagFrame } from '../components/DagFrame'

const text = strings.dags.details
/** Loaded when a DAG has notes. */
const Markdown = part<{ text: string }>(
  () => import('@/components/Markdown'),
  ({ text: plain }) => (
    <pre className="doc" aria-busy>
      {plain}
    </pre>
  ),
)

export default function DetailsPage({ params }: { params: { dagId: string } }) {
  return (
    <DagFrame dagId={params.dagId} tab="details">
      {(head) => <Details head={head} />}
    </DagFrame>
  )
}

function Details({ head }: { head: DagHead }) {
  const dates = useDates()
  const when = (at: number | null) =>
    at === null ? text.none : <span title={dates.exact(at)}>{dates.dateTime(at)}</span>
  return (
    <div className="body scroll" tabIndex={0}>
      <div className="sheet">
        {head.description !== null && (
          <section>
            <h2>{text.description}</h2>
            <p className="i2">{head.description}</p>
          </section>
        )}
        <section>
          <h2>{text.schedule}</h2>
          <Facts
            rows={[
              [text.when, head.schedule ?? strings.dags.byHand],
              [
                text.timetable,
                <span key="timetable" className="mono">
                  {head.timetable}
                </span>,
              ],
              [text.next, head.is_paused ? strings.dags.pausedNext : when(head.next_run_after)],
              [text.from, when(head.start_date)],
              [text.until, when(head.end_date)],
              [text.catchup, head.catchup ? text.yes : text.no],
            ]}
          />
        </section>
        <section>
          <h2>{text.limits}</h2>
          <Facts
            rows={[
              [text.maxRuns, count(head.max_active_runs)],
              [text.maxTasks, count(head.max_active_tasks)],
              [text.activeRuns, count(head.active_runs)],
              [text.usual, head.typical_duration === null ? text.none : roughDuration(head.typical_duration)],
              [text.totalRuns, counted(head.total_runs)],
            ]}
          />
        </section>
        <section>
          <h2>{text.origin}</h2>
          <Facts
            rows={[
              [
                text.id,
                <span key="id" className="mono">
                  {head.dag_id}
                </span>,
              ],
              [
                text.file,
                <span key="file" className="mono">
                  {head.fileloc}
                </span>,
              ],
              [text.bundle, head.bundle_name],
              [text.version, `v${String(head.latest_version_number)}`],
              [text.owners, head.owners.join(', ')],
              [
                text.tags,
                <span key="tags" className="row near">
                  {head.tags.map((tag) => (
                    <Tag key={tag}>{tag}</Tag>
                  ))}
                </span>,
              ],
            ]}
          />
        </section>
        {head.doc_md !== null && (
          <section>
            <h2>{text.notes}</h2>
            <Markdown text={head.doc_md} />
          </section>
        )}
      </div>
    </div>
  )
}
