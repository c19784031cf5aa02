import { TopBar } from '@/components/TopBar'
import { useTitle } from '@/lib/screen'
import { strings } from '@/lib/strings'
import { EventList } from '../components/EventList'

/** Who did what, and what happened. */
export default function AuditLogPage() {
  useTitle(strings.audit.title)
  return (
    <>
      <TopBar>
        <h1>{strings.audit.title}</h1>
      </TopBar>
      <EventList dagId={null} runId={null} />
    </>
  )
}
