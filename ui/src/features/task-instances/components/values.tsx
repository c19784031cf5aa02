import { useQuery } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import type { TaskInstanceDetail, XComHead } from '@/api/contract'
import { Failed } from '@/components/Blank'
import { Button } from '@/components/Button'
import { Segmented } from '@/components/Controls'
import { PanelSection } from '@/components/DetailPanel'
import { bytes, count } from '@/lib/durations'
import { useKeys } from '@/lib/keys'
import { strings } from '@/lib/strings'
import { useQueryParams } from '@/lib/url'
import { xcomQuery } from '../api/xcom'
import { fieldsOf, type Fields, type FieldsWay } from '../model'

const text = strings.tasks
const CHARS_MAX = 4_000
/** JSON that is longer stands on more than one line. */
const LINE_CHARS_MAX = 64
const MASK = '***'

const FIELDS_WAYS = ['rendered', 'templates'] as const

/** What went in: fields as they were rendered for this try, or as the author wrote them. */
export function FieldsSection({ data }: { data: TaskInstanceDetail }) {
  const [address, patch] = useQueryParams()
  const { way, entries, hasChoice } = fieldsOf(data, address.get('fields'))
  const show = (next: FieldsWay) => patch({ fields: next === 'rendered' ? null : next })
  useKeys([{ keys: ['r'], label: text.keys.fields, run: () => show(way === 'rendered' ? 'templates' : 'rendered') }], {
    off: !hasChoice,
  })
  if (!hasChoice) return <FieldList title={text.rendered} entries={entries} />
  const choices = FIELDS_WAYS.map((value) => ({ value, label: text.fieldsOf[value] }))
  return (
    <FieldList
      title={text.fields}
      entries={entries}
      more={<Segmented small choices={choices} value={way} onChange={show} label={text.fieldsOf.label} />}
    />
  )
}

function FieldList({ title, entries, more }: { title: string; entries: Fields['entries']; more?: ReactNode }) {
  return (
    <PanelSection title={title} more={more}>
      {entries.length === 0 ? (
        <p className="t12 i3">{text.noRendered}</p>
      ) : (
        <dl className="fields">
          {entries.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <Value of={value} />
              </dd>
            </div>
          ))}
        </dl>
      )}
    </PanelSection>
  )
}

/** A value as text: strings as they are, everything else as JSON. */
export function Value({ of }: { of: unknown }) {
  const [whole, setWhole] = useState(false)
  if (of === MASK)
    return (
      <>
        ••• <span className="i3">{text.masked}</span>
      </>
    )
  const plain = typeof of === 'string' ? of : asJson(of)
  if (whole || plain.length <= CHARS_MAX) return plain
  return (
    <>
      {plain.slice(0, CHARS_MAX)}…{' '}
      <button type="button" className="link i3" onClick={() => setWhole(true)}>
        {text.rest(count(plain.length - CHARS_MAX))}
      </button>
    </>
  )
}

function asJson(value: unknown): string {
  const line = JSON.stringify(value)
  return line.length <= LINE_CHARS_MAX ? line : JSON.stringify(value, null, 2)
}

/** What came out, one line each. */
export function XComSection({ xcoms }: { xcoms: XComHead[] }) {
  if (xcoms.length === 0) return null
  return (
    <PanelSection title={text.xcom} more={bytes(xcoms.reduce((sum, one) => sum + one.bytes, 0))}>
      <ul className="xcoms">
        {xcoms.map((one) => (
          <li key={one.key}>
            <span className="mono ell">{one.key}</span>
            <span className="mono ell i2" title={one.preview}>
              {one.preview}
            </span>
            <span className="r i3">{one.type}</span>
          </li>
        ))}
      </ul>
    </PanelSection>
  )
}

/** The same with room for values. */
export function XComTab({ data }: { data: TaskInstanceDetail }) {
  if (data.xcoms.length === 0)
    return (
      <section>
        <p className="t12 i3">{text.noXcom}</p>
      </section>
    )
  return data.xcoms.map((one) => <XComEntry key={one.key} data={data} head={one} />)
}

function XComEntry({ data, head }: { data: TaskInstanceDetail; head: XComHead }) {
  const [whole, setWhole] = useState(false)
  const query = useQuery({ ...xcomQuery(data, head.key), enabled: whole })
  return (
    <PanelSection title={<span className="mono">{head.key}</span>} more={`${head.type} · ${bytes(head.bytes)}`}>
      <pre className="well">{query.data ? <Value of={query.data.value} /> : head.preview}</pre>
      {query.error && <Failed error={query.error} onRetry={() => void query.refetch()} />}
      {head.preview.endsWith('…') && !whole && (
        <div className="acts">
          <Button small onClick={() => setWhole(true)}>
            {text.showAll}
          </Button>
        </div>
      )}
    </PanelSection>
  )
}
