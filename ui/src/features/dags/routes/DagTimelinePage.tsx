import { DagFrame } from '../components/DagFrame'
import { DagTimeline } from '../components/DagTimeline'

export default function DagTimelinePage({ params }: { params: { dagId: string } }) {
  return (
    <DagFrame dagId={params.dagId} tab="timeline">
      {(head) => <DagTimeline key={head.dag_id} head={head} />}
    </DagFrame>
  )
}
