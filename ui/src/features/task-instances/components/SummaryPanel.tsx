import type { TaskInstanceDetail } from '@/api/contract'
import { TabChoices } from '@/components/Tabs'
import { strings } from '@/lib/strings'
import { DetailsTab } from './DetailsTab'
import { EventsSection } from './Events'
import { FailedSection, InstancesSection } from './sections'
import type { SideTab } from './SidePanel'

const text = strings.tasks
const SUMMARY_TABS = [
  { value: 'details', label: text.tabs.details },
  { value: 'events', label: text.tabs.events },
] as const

/** What is known of a mapped task as a whole, which has no inputs of its own. */
export function SummaryPanel({
  data,
  mapped,
  tab,
  onTab,
}: {
  data: TaskInstanceDetail
  mapped: NonNullable<TaskInstanceDetail['mapped']>
  /** What is none of its tabs means its details. */
  tab: SideTab
  onTab: (tab: SideTab) => void
}) {
  const shown = tab === 'events' ? tab : 'details'
  return (
    <aside className="panel side" aria-label={text.tabs.label}>
      <TabChoices tabs={SUMMARY_TABS} value={shown} onChange={onTab} label={text.tabs.label} />
      <div className="panel-scroll" role="tabpanel" aria-label={text.tabs[shown]} tabIndex={0}>
        {shown === 'events' ? (
          <EventsSection data={data} />
        ) : (
          <>
            <InstancesSection mapped={mapped} />
            {mapped.failed.length > 0 && <FailedSection data={data} mapped={mapped} />}
            <DetailsTab data={data} attempt={undefined} />
          </>
        )}
      </div>
    </aside>
  )
}
