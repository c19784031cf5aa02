import { RunDetails } from '../components/RunDetails'
import { RunFrame, type RunPlace } from '../components/RunFrame'

export default function RunDetailsPage({ params }: { params: RunPlace }) {
  return (
    <RunFrame {...params} tab="details">
      {({ run }) => <RunDetails run={run} />}
    </RunFrame>
  )
}
