import { useInfiniteQuery } from '@tanstack/react-query'
import { useCallback, useMemo } from 'react'
import { Loading, NoRows } from '@/components/Blank'
import { SearchField } from '@/components/SearchField'
import { listMoves, VirtualList } from '@/components/VirtualList'
import { count, counted } from '@/lib/durations'
import { useKeys } from '@/lib/keys'
import { useLater } from '@/lib/later'
import { useFootNote } from '@/lib/screen'
import type { EventListProps } from '@/lib/slots'
import { strings } from '@/lib/strings'
import { useQueryParams } from '@/lib/url'
import { eventsQuery } from '../api/events'
import { EventPanel } from './EventPanel'
import { EventHead, EventRow } from './EventRow'

const text = strings.audit
const TYPING_MS = 250

/** Entries of the audit log, newest first; of a run, or of everything. */
export function EventList({ dagId, runId }: EventListProps) {
  const [params, patch] = useQueryParams()
  const event = params.get('event') ?? ''
  const dag = params.get('dag') ?? ''
  const owner = params.get('by') ?? ''
  const filter = useLater(`${event}\n${dag}\n${owner}`, TYPING_MS).split('\n')
  const query = useInfiniteQuery(
    eventsQuery({
      dag_id: dagId,
      run_id: runId,
      event: filter[0] ?? '',
      dag: dagId === null ? (filter[1] ?? '') : '',
      owner: filter[2] ?? '',
    }),
  )
  const pages = query.data?.pages
  const rows = useMemo(() => {
    // An entry that came while older ones were read pushes one into the next page: each shows once.
    const seen = new Set<number>()
    return (pages?.flatMap((page) => page.lines) ?? []).filter((one) => !seen.has(one.id) && seen.add(one.id))
  }, [pages])
  const cursor = rows.findIndex((row) => String(row.id) === params.get('entry'))
  const at = rows[cursor]
  const open = at !== undefined && params.get('panel') === 'open'
  const setCursor = (index: number, panel = open) => {
    const row = rows[index]
    patch({ entry: row ? String(row.id) : null, panel: panel ? 'open' : null })
  }
  const moves = listMoves(cursor, rows.length, setCursor)
  useKeys([
    { keys: ['j', 'ArrowDown'], label: text.keys.move, run: moves.down },
    { keys: ['k', 'ArrowUp'], show: ['J', 'K'], label: text.keys.move, run: moves.up, foot: true },
    {
      keys: ['PageDown', 'PageUp'],
      label: text.keys.move,
      run: (key) => (key === 'PageDown' ? moves.pageDown() : moves.pageUp()),
    },
    { keys: ['Home', 'End'], label: text.keys.move, run: (key) => (key === 'Home' ? moves.first() : moves.last()) },
    { keys: ['Enter'], label: text.keys.open, run: () => at && setCursor(cursor, true), foot: true },
  ])
  const total = counted(pages?.[0]?.total ?? { count: 0, or_more: false })
  useFootNote(rows.length > 0 ? strings.dags.shown(1, count(rows.length), total) : '')
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage])
  const filtered = event !== '' || dag !== '' || owner !== ''

  return (
    <>
      <div className="tool">
        <SearchField
          width={240}
          value={event}
          onChange={(value) => patch({ event: value })}
          placeholder={text.filterEvent}
        />
        {dagId === null && <PartField label={text.filterDag} value={dag} onChange={(value) => patch({ dag: value })} />}
        <PartField label={text.filterOwner} value={owner} onChange={(value) => patch({ by: value })} />
        <div className="grow" />
        <span className="t12 i3">{text.matches(total)}</span>
      </div>
      <div className="body">
        <Loading query={query}>
          {() =>
            rows.length === 0 ? (
              <NoRows
                none={runId === null ? text.none : text.noneRun}
                noHit={text.noHit}
                filtered={filtered}
                query={query}
                onAll={() => patch({ event: null, dag: null, by: null })}
              />
            ) : (
              <VirtualList
                newestFirst
                rows={rows}
                rowKey={(row) => String(row.id)}
                template={runId === null ? 'event-list' : 'event-list of-run'}
                label={text.title}
                cursor={cursor}
                onCursor={(index) => setCursor(index, true)}
                onOpen={(row) => setCursor(rows.indexOf(row), true)}
                onEnd={onEnd}
                head={<EventHead ofRun={runId !== null} />}
                row={(row) => <EventRow row={row} ofRun={runId !== null} />}
              />
            )
          }
        </Loading>
        {open && <EventPanel entry={at} onClose={() => patch({ panel: null })} />}
      </div>
    </>
  )
}

function PartField({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  return (
    <label className="field part-field">
      <span>{label}</span>
      <input value={value} spellCheck={false} autoComplete="off" onChange={(event) => onChange(event.target.value)} />
    </label>
  )
}
