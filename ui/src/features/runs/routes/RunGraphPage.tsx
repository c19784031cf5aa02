import { useSlots } from '@/lib/slots'
import { RunFrame, type RunPlace } from '../components/RunFrame'

export default function RunGraphPage({ params }: { params: RunPlace }) {
  const { RunGraph } = useSlots()
  return (
    <RunFrame {...params} tab="graph">
      {() => <RunGraph {...params} />}
    </RunFrame>
  )
}
