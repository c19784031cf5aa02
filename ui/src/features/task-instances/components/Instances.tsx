import { useInfiniteQuery } from '@tanstack/react-query'
import { useCallback, useMemo, useState } from 'react'
import { Link, useLocation } from 'wouter'
import type { MappedInstance, TaskInstanceDetail } from '@/api/contract'
import { Blank, Loading } from '@/components/Blank'
import { StateText } from '@/components/state/StateGlyph'
import { countsInWords } from '@/components/state/table'
import { listMoves, VirtualList } from '@/components/VirtualList'
import { count, duration } from '@/lib/durations'
import { useKeys } from '@/lib/keys'
import { links } from '@/lib/links'
import { useFootNote } from '@/lib/screen'
import { strings } from '@/lib/strings'
import { mappedQuery } from '../api/mapped'

const text = strings.tasks

/** All instances of a mapped task, by index; rows come as they are scrolled to. */
export function Instances({
  data,
  mapped,
}: {
  data: TaskInstanceDetail
  mapped: NonNullable<TaskInstanceDetail['mapped']>
}) {
  const query = useInfiniteQuery(mappedQuery(data.dag_id, data.run_id, data.task_id))
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.instances) ?? [], [query.data])
  const [cursor, setCursor] = useState(0)
  const [, navigate] = useLocation()
  const open = (row: MappedInstance) => navigate(linkTo(data, row))
  const moves = listMoves(cursor, rows.length, setCursor)
  const at = rows[cursor]
  useKeys([
    { keys: ['j', 'ArrowDown'], show: ['J', 'K'], label: text.keys.move, run: moves.down, foot: true },
    { keys: ['k', 'ArrowUp'], label: text.keys.move, run: moves.up },
    { keys: ['PageDown'], label: text.keys.move, run: moves.pageDown },
    { keys: ['PageUp'], label: text.keys.move, run: moves.pageUp },
    { keys: ['Home'], label: text.keys.move, run: moves.first },
    { keys: ['End'], label: text.keys.move, run: moves.last },
    { keys: ['Enter'], label: text.keys.open, run: () => at && open(at), foot: true },
  ])
  useFootNote(text.shown(count(rows.length), count(mapped.total)))
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage])

  return (
    <div className="col grow">
      <div className="tool">
        <span className="t12 i2">{countsInWords(mapped.counts, ' · ')}</span>
      </div>
      <Loading query={query}>
        {() =>
          rows.length === 0 ? (
            <Blank title={text.notExpanded}>{text.notExpandedText}</Blank>
          ) : (
            <VirtualList
              rows={rows}
              rowKey={(row) => String(row.map_index)}
              template="instance-list"
              label={text.instances}
              cursor={cursor}
              onCursor={setCursor}
              onOpen={open}
              onEnd={onEnd}
              head={(['index', 'state', 'label', 'duration', 'reason'] as const).map((name) => (
                <span key={name} role="columnheader" className={name === 'index' || name === 'duration' ? 'r' : ''}>
                  {text.head[name]}
                </span>
              ))}
              row={(row) => (
                <>
                  <span role="cell" className="r mono i3">
                    {row.map_index}
                  </span>
                  <span role="cell" className="row">
                    <StateText state={row.state} />
                  </span>
                  <span role="cell" className="ell w5">
                    <Link className="link" href={linkTo(data, row)}>
                      {row.label ?? `[${String(row.map_index)}]`}
                    </Link>
                  </span>
                  <span role="cell" className="r m">
                    {row.duration === null ? '' : duration(row.duration)}
                  </span>
                  <span role="cell" className="ell i2" title={row.reason ?? undefined}>
                    {row.reason}
                  </span>
                </>
              )}
            />
          )
        }
      </Loading>
    </div>
  )
}

const linkTo = (data: TaskInstanceDetail, row: MappedInstance) =>
  links.task(data.dag_id, data.run_id, data.task_id, row.map_index)
