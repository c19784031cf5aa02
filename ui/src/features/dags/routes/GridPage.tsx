import type { DagHead } from '@/api/contract'
import { DagFrame } from '../components/DagFrame'
import { GridTab } from '../components/GridTab'

export default function GridPage({ params }: { params: { dagId: string } }) {
  return (
    <DagFrame dagId={params.dagId} tab="grid">
      {(head: DagHead) => <GridTab key={head.dag_id} head={head} />}
    </DagFrame>
  )
}
