import { RunFrame, type RunPlace } from '../components/RunFrame'
import { RunWaits } from '../components/RunWaits'
import { TimelineView } from '../components/TimelineView'

export default function TimelinePage({ params }: { params: RunPlace }) {
  return (
    <RunFrame {...params} tab="timeline">
      {(timeline, skew) =>
        timeline.run.state === 'queued' &&
        timeline.rows.every((row) => row.start === null && row.segments.length === 0) ? (
          <RunWaits timeline={timeline} />
        ) : (
          <TimelineView key={timeline.run.run_id} timeline={timeline} skew={skew} />
        )
      }
    </RunFrame>
  )
}
