import { Link } from 'wouter'
import type { AuditLine } from '@/api/contract'
import { useDates } from '@/lib/dates'
import { links } from '@/lib/links'
import { strings } from '@/lib/strings'

const text = strings.audit

export function EventHead({ ofRun }: { ofRun: boolean }) {
  const names = ofRun
    ? (['when', 'event', 'by', 'task', 'extra'] as const)
    : (['when', 'event', 'by', 'dag', 'run', 'task', 'extra'] as const)
  return names.map((name) => (
    <span key={name} role="columnheader" className={`c-${name}`}>
      {text.head[name]}
    </span>
  ))
}

export function EventRow({ row, ofRun }: { row: AuditLine; ofRun: boolean }) {
  const dates = useDates()
  const { at, dag_id, run_id, task_id, map_index } = row
  const many = map_index !== null && map_index >= 0
  return (
    <>
      <span role="cell" className="m" title={dates.exact(at)}>
        {dates.day(at)}, {dates.clock(at)}
      </span>
      <span role="cell" className="name ell">
        {row.event}
      </span>
      <span role="cell" className="m ell">
        {row.owner}
      </span>
      {!ofRun && (
        <>
          <span role="cell" className="ell">
            {dag_id !== null && (
              <Link className="link" href={links.dag(dag_id)}>
                {dag_id}
              </Link>
            )}
          </span>
          <span role="cell" className="ell c-run" title={run_id ?? undefined}>
            {dag_id !== null && run_id !== null && (
              <Link className="link" href={links.run(dag_id, run_id)}>
                {run_id}
              </Link>
            )}
          </span>
        </>
      )}
      <span role="cell" className="ell" title={task_id ?? undefined}>
        {dag_id !== null && run_id !== null && task_id !== null ? (
          <Link className="link" href={links.task(dag_id, run_id, task_id, map_index ?? -1)}>
            {many ? strings.acts.instance(task_id, map_index) : task_id}
          </Link>
        ) : (
          task_id
        )}
      </span>
      <span role="cell" className="mono ell i3 c-extra">
        {row.detail}
      </span>
    </>
  )
}
