import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { PanelSection } from '@/components/DetailPanel'
import { count } from '@/lib/durations'
import { links } from '@/lib/links'
import { strings } from '@/lib/strings'
import { usedByQuery, type UsedByKind } from '../api/used-by'

const text = strings.admin.usedBy

/** The DAGs whose files name a connection or a variable. */
export function UsedBy({ kind, id }: { kind: UsedByKind; id: string }) {
  const { data } = useQuery(usedByQuery(kind, id))
  if (!data) return null
  return (
    <PanelSection
      title={text.title}
      more={data.dag_ids.length > 0 && `${count(data.dag_ids.length)}${data.or_more ? '+' : ''}`}
    >
      {data.dag_ids.length === 0 ? (
        <p className="t12 i3">{text.none}</p>
      ) : (
        <ul className="used-by" aria-label={text.title}>
          {data.dag_ids.map((dagId) => (
            <li key={dagId} className="ell">
              <Link className="link" href={links.dag(dagId, 'code')}>
                {dagId}
              </Link>
            </li>
          ))}
        </ul>
      )}
    </PanelSection>
  )
}
