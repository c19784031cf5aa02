import { RunFrame, type RunPlace } from '../components/RunFrame'
import { TaskTable } from '../components/TaskTable'

export default function RunTasksPage({ params }: { params: RunPlace }) {
  return (
    <RunFrame {...params} tab="tasks">
      {(timeline, skew) => <TaskTable timeline={timeline} skew={skew} />}
    </RunFrame>
  )
}
