import { DagFrame } from '../components/DagFrame'
import { GraphTab } from '../components/GraphTab'

export default function GraphPage({ params }: { params: { dagId: string } }) {
  return (
    <DagFrame dagId={params.dagId} tab="graph">
      {(head) => <GraphTab key={head.dag_id} head={head} />}
    </DagFrame>
  )
}
