import { Link } from 'wouter'
import type { AuditLine } from '@/api/contract'
import { CodeTokens } from '@/components/code/CodeTokens'
import { highlightJson } from '@/components/code/json'
import { Facts } from '@/components/Controls'
import { DetailPanel, PanelSection } from '@/components/DetailPanel'
import { Kbd } from '@/components/Button'
import { useDates } from '@/lib/dates'
import { links } from '@/lib/links'
import { strings } from '@/lib/strings'
import { detailsOf } from '../details'

const text = strings.audit

/** Everything that an entry says. */
export function EventPanel({ entry, onClose }: { entry: AuditLine; onClose: () => void }) {
  const dates = useDates()
  const { dag_id, run_id, task_id, map_index, try_number } = entry
  const details = detailsOf(entry.detail)
  return (
    <DetailPanel
      label={text.entry}
      onClose={onClose}
      head={
        <div className="row">
          <span className="title ell grow">{entry.event}</span>
          <button type="button" onClick={onClose} aria-label={`${strings.actions.close}, Esc`}>
            <Kbd>Esc</Kbd>
          </button>
        </div>
      }
    >
      <PanelSection title={text.entry}>
        <Facts
          rows={[
            [text.head.when, dates.exact(entry.at)],
            entry.owner === null ? null : [text.head.by, entry.owner],
            dag_id === null
              ? null
              : [
                  text.head.dag,
                  <Link key="dag" className="link" href={links.dag(dag_id)}>
                    {dag_id}
                  </Link>,
                ],
            dag_id === null || run_id === null
              ? null
              : [
                  text.head.run,
                  <Link key="run" className="link mono" href={links.run(dag_id, run_id)}>
                    {run_id}
                  </Link>,
                ],
            task_id === null ? null : [text.head.task, task_id],
            map_index === null || map_index < 0 ? null : [text.fields.mapIndex, String(map_index)],
            try_number === null ? null : [text.fields.try, String(try_number)],
            entry.logical_date === null ? null : [text.fields.logical, dates.exact(entry.logical_date)],
            [text.fields.id, String(entry.id)],
          ]}
        />
      </PanelSection>
      <PanelSection title={text.details}>
        {details === null ? (
          <p className="t12 i3">{text.noDetails}</p>
        ) : (
          <pre className="well">
            <CodeTokens tokens={highlightJson(details)} />
          </pre>
        )}
      </PanelSection>
    </DetailPanel>
  )
}
