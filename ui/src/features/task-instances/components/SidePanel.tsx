import type { Attempt, TaskInstanceDetail } from '@/api/contract'
import { Facts } from '@/components/Controls'
import { PanelSection } from '@/components/DetailPanel'
import { TabChoices } from '@/components/Tabs'
import { useNow } from '@/lib/clock'
import { bytes, count, duration } from '@/lib/durations'
import { links } from '@/lib/links'
import { strings } from '@/lib/strings'
import { Link } from 'wouter'
import { setDuration } from '../model'
import { DetailsTab } from './DetailsTab'
import { EventsSection } from './Events'
import { NoteSection } from './Note'
import { UsageSection } from './Usage'
import { FieldsSection, XComSection, XComTab } from './values'
import { WhyHead, WhyOf } from './Why'

const text = strings.tasks
export const SIDE_TABS = ['inputs', 'xcom', 'waits', 'events', 'details'] as const
export type SideTab = (typeof SIDE_TABS)[number]

/** What went in and came out, what it waits for, and everything else that is known. */
export function SidePanel({
  data,
  attempt,
  tab,
  onTab,
}: {
  data: TaskInstanceDetail
  attempt: Attempt | undefined
  tab: SideTab
  onTab: (tab: SideTab) => void
}) {
  const tabs = SIDE_TABS.map((value) => ({
    value,
    label: text.tabs[value],
    ...(value === 'xcom' && data.xcoms.length > 0 && { count: count(data.xcoms.length) }),
  }))
  return (
    <aside className="panel side" aria-label={text.tabs.label}>
      <TabChoices tabs={tabs} value={tab} onChange={onTab} label={text.tabs.label} />
      <div className="panel-scroll" role="tabpanel" aria-label={text.tabs[tab]} tabIndex={0}>
        {tab === 'inputs' && (
          <>
            <NoteSection data={data} />
            <FieldsSection data={data} />
            <XComSection xcoms={data.xcoms} />
            <UsageSection attempt={attempt} />
            <AttemptFacts data={data} attempt={attempt} />
          </>
        )}
        {tab === 'xcom' && <XComTab data={data} />}
        {tab === 'waits' && (
          <section>
            <WhyHead data={data} />
            <WhyOf data={data} />
          </section>
        )}
        {tab === 'events' && <EventsSection data={data} />}
        {tab === 'details' && <DetailsTab data={data} attempt={attempt} />}
      </div>
    </aside>
  )
}

function AttemptFacts({ data, attempt }: { data: TaskInstanceDetail; attempt: Attempt | undefined }) {
  const now = useNow()
  const left =
    data.execution_timeout !== null && attempt?.start != null && attempt.end === null
      ? attempt.start + data.execution_timeout - now
      : null
  return (
    <PanelSection title={attempt ? `${text.attempt} ${String(attempt.try_number)}` : text.attempt}>
      <Facts
        rows={[
          attempt?.hostname == null
            ? null
            : [
                text.worker,
                <span key="worker" className="mono">
                  {attempt.hostname}
                </span>,
              ],
          attempt?.queued == null
            ? null
            : [
                text.queueWait,
                <span key="wait">
                  {duration((attempt.start ?? now) - attempt.queued)}{' '}
                  <span className="i3">
                    ({text.pool.toLowerCase()} {data.pool})
                  </span>
                </span>,
              ],
          data.execution_timeout === null
            ? null
            : [
                text.timeout,
                <span key="timeout">
                  {setDuration(data.execution_timeout)}{' '}
                  {left !== null && left > 0 && <span className="i3">{text.left(duration(left))}</span>}
                </span>,
              ],
          [
            text.retries,
            <span key="retries">
              {data.max_tries === 0 ? text.none : String(data.max_tries)}{' '}
              {data.max_tries > 0 && data.retry_delay !== null && (
                <span className="i3">{text.retryAfter(setDuration(data.retry_delay))}</span>
              )}
            </span>,
          ],
          attempt?.max_rss_bytes == null ? null : [text.peakMemory, bytes(attempt.max_rss_bytes)],
          attempt?.user_cpu == null || attempt.system_cpu === null
            ? null
            : [text.cpuTime, text.userSystem(duration(attempt.user_cpu), duration(attempt.system_cpu))],
          data.version_number === null
            ? null
            : [
                text.code,
                <Link
                  key="code"
                  className="link"
                  href={links.dag(data.dag_id, 'code', { version: String(data.version_number) })}
                >
                  {text.version(data.version_number)}
                </Link>,
              ],
        ]}
      />
    </PanelSection>
  )
}
