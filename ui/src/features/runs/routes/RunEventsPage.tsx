import { useSlots } from '@/lib/slots'
import { RunFrame, type RunPlace } from '../components/RunFrame'

export default function RunEventsPage({ params }: { params: RunPlace }) {
  const { EventList } = useSlots()
  return (
    <RunFrame {...params} tab="events">
      {() => <EventList {...params} />}
    </RunFrame>
  )
}
