import { useSlots } from '@/lib/slots'
import { DagFrame } from '../components/DagFrame'

export default function DagRunsPage({ params }: { params: { dagId: string } }) {
  const { RunList } = useSlots()
  return (
    <DagFrame dagId={params.dagId} tab="runs">
      {() => <RunList dagId={params.dagId} />}
    </DagFrame>
  )
}
