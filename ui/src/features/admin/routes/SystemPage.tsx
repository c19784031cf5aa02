import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Failed, StaleBar } from '@/components/Blank'
import { Facts } from '@/components/Controls'
import { Strip, type StripItem } from '@/components/Strip'
import { StateGlyph } from '@/components/state/StateGlyph'
import { TopBar } from '@/components/TopBar'
import { useNow } from '@/lib/clock'
import { useDates } from '@/lib/dates'
import { age, count } from '@/lib/durations'
import { links } from '@/lib/links'
import { liveStatus } from '@/lib/live'
import { useTitle } from '@/lib/screen'
import { navQuery, sessionQuery } from '@/lib/session'
import { useStore } from '@/lib/store'
import { strings } from '@/lib/strings'
import { healthQuery, versionQuery, type ComponentStatus, type Health } from '../api/system'

const text = strings.admin.system

export default function SystemPage() {
  useTitle(text.title)
  const health = useQuery(healthQuery())
  const nav = useQuery(navQuery())
  const now = useNow()
  return (
    <>
      <TopBar>
        <h1>{text.title}</h1>
      </TopBar>
      <div className="scroll sys-page">
        {health.error && health.data && (
          <StaleBar error={health.error} since={health.dataUpdatedAt} onRetry={() => void health.refetch()} />
        )}
        {health.error && !health.data ? (
          <Failed error={health.error} onRetry={() => void health.refetch()} />
        ) : (
          <Strip label={text.health} items={healthItems(health.data, now)} />
        )}
        {nav.error && !nav.data ? (
          <Failed error={nav.error} onRetry={() => void nav.refetch()} />
        ) : (
          <Strip
            label={text.counts}
            items={[
              {
                key: 'dags',
                mark: null,
                label: text.dags,
                figure: nav.data && count(nav.data.dags),
                href: links.dags(),
              },
              {
                key: 'runs',
                mark: null,
                label: text.runs,
                figure: nav.data && count(nav.data.active_runs),
                href: links.runs(),
              },
              {
                key: 'errors',
                mark: null,
                label: text.errors,
                figure: nav.data && (
                  <span className={nav.data.import_errors > 0 ? 'bad-t' : ''}>{count(nav.data.import_errors)}</span>
                ),
                href: links.importErrors(),
              },
            ]}
          />
        )}
        <div className="sys-facts">
          <ServerFacts />
          <SessionFacts />
        </div>
      </div>
    </>
  )
}

/** What the server has no part of by itself says nothing. */
function healthItems(health: Health | undefined, now: number): StripItem[] {
  const item = (key: string, label: string, status: ComponentStatus | undefined, beat: string | null): StripItem[] =>
    status === null
      ? []
      : [
          {
            key,
            label,
            mark: <StateGlyph state={status === 'unhealthy' ? 'failed' : 'success'} size={10} quiet />,
            figure: status && <span className={status === 'healthy' ? '' : 'bad-t'}>{text[status]}</span>,
            ...(beat !== null && { unit: text.beat(age(now - Date.parse(beat))) }),
          },
        ]
  return [
    ...item('database', text.database, health?.metadatabase.status, null),
    ...item(
      'scheduler',
      text.scheduler,
      health?.scheduler.status,
      health?.scheduler.latest_scheduler_heartbeat ?? null,
    ),
    ...(health
      ? [
          ...item('triggerer', text.triggerer, health.triggerer.status, health.triggerer.latest_triggerer_heartbeat),
          ...item(
            'processor',
            text.processor,
            health.dag_processor.status,
            health.dag_processor.latest_dag_processor_heartbeat,
          ),
        ]
      : []),
  ]
}

function ServerFacts() {
  const version = useQuery(versionQuery())
  const { state, heard } = useStore(liveStatus)
  const now = useNow()
  const stream =
    state === 'reconnecting'
      ? strings.live.reconnecting(age(now - heard))
      : text.heard(strings.live[state], age(now - heard))
  return (
    <Section title={text.server}>
      <Facts
        rows={[
          [text.version, version.data?.version ?? version.error?.message ?? ''],
          version.data?.git_version == null
            ? null
            : [
                text.revision,
                <span key="git" className="mono">
                  {version.data.git_version}
                </span>,
              ],
          [text.stream, stream],
        ]}
      />
    </Section>
  )
}

function SessionFacts() {
  const session = useQuery(sessionQuery()).data
  const dates = useDates()
  return (
    <Section title={text.session}>
      <Facts
        rows={[
          [text.user, session?.username ?? ''],
          [text.role, session?.role ?? ''],
          [text.zone, dates.zoneName],
        ]}
      />
    </Section>
  )
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h2>{title}</h2>
      {children}
    </section>
  )
}
