import { TopBar } from '@/components/TopBar'
import { useTitle } from '@/lib/screen'
import { strings } from '@/lib/strings'
import { RunList } from '../components/RunList'

export default function RunsPage() {
  useTitle(strings.runs.title)
  return (
    <>
      <TopBar>
        <h1>{strings.runs.title}</h1>
      </TopBar>
      <RunList dagId={null} />
    </>
  )
}
