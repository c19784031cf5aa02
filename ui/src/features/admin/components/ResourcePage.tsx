import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { Blank, Loading } from '@/components/Blank'
import { Button } from '@/components/Button'
import { SearchField } from '@/components/SearchField'
import { TopBar } from '@/components/TopBar'
import { listMoves, VirtualList } from '@/components/VirtualList'
import { count } from '@/lib/durations'
import { useKeys } from '@/lib/keys'
import { useLater } from '@/lib/later'
import { useFootNote, useTitle } from '@/lib/screen'
import { isAllowed, sessionQuery } from '@/lib/session'
import { strings } from '@/lib/strings'
import { useQueryParams } from '@/lib/url'
import { listQuery } from '../api/resources'
import type { Form, Spec } from '../resources/spec'
import { ResourcePanel } from './ResourcePanel'

const text = strings.admin
const ASK_AFTER_MS = 150
const NEW = '1'

export interface Words {
  title: string
  one: string
  what: string
  new: string
  empty: string
  emptyText: string
}

/** A list with a panel: the address names the filter and what is shown in the panel. */
export function ResourcePage<T>({
  spec,
  words,
  template,
  head,
  row,
  facts,
}: {
  spec: Spec<T>
  words: Words
  /** A class that sets the columns. */ template: string
  head: ReactNode
  row: (row: T) => ReactNode
  facts?: (row: T) => ReactNode
}) {
  useTitle(words.title)
  const [params, patch] = useQueryParams()
  const pattern = params.get('q') ?? ''
  const query = useInfiniteQuery(listQuery(spec, useLater(pattern, ASK_AFTER_MS)))
  const mayEdit = isAllowed(useQuery(sessionQuery()).data?.role ?? 'viewer', 'op')
  // What was typed into a panel stays while others are looked at.
  const [drafts, setDrafts] = useState<Record<string, Form>>({})

  const rows = query.data?.pages.flatMap((page) => page.rows) ?? []
  const total = query.data?.pages[0]?.total
  const name = params.get('name')
  const isNew = mayEdit && params.get('new') === NEW
  const cursor = name === null ? -1 : rows.findIndex((one) => spec.idOf(one) === name)
  const choose = (index: number) => {
    const chosen = rows[index]
    if (chosen !== undefined) patch({ name: spec.idOf(chosen), new: null })
  }
  const moves = listMoves(cursor, rows.length, choose)
  const openNew = () => patch({ name: null, new: NEW })
  useKeys([
    { keys: ['j', 'ArrowDown'], label: text.move, run: moves.down, show: ['J', 'K'], foot: true },
    { keys: ['k', 'ArrowUp'], label: '', run: moves.up },
    { keys: ['PageDown'], label: '', run: moves.pageDown },
    { keys: ['PageUp'], label: '', run: moves.pageUp },
    { keys: ['Home'], label: '', run: moves.first },
    { keys: ['End'], label: '', run: moves.last },
  ])
  useKeys([{ keys: ['n'], label: text.create, run: openNew, foot: true }], { off: !mayEdit })
  useFootNote(total !== undefined && total > rows.length ? text.shown(count(rows.length), count(total)) : '')

  const draftKey = isNew ? '' : name
  return (
    <>
      <TopBar
        actions={
          mayEdit && (
            <Button look="primary" icon={Plus} hint="N" onClick={openNew}>
              {words.new}
            </Button>
          )
        }
      >
        <h1>{words.title}</h1>
        {total !== undefined && <span className="t12 i3">{count(total)}</span>}
      </TopBar>
      <div className="tool">
        <SearchField value={pattern} onChange={(q) => patch({ q })} placeholder={text.filter(words.what)} width={320} />
      </div>
      <div className="body">
        <Loading query={{ ...query, data: query.data && rows }}>
          {(shown) =>
            shown.length === 0 ? (
              <Nothing
                words={words}
                pattern={pattern}
                onAll={() => patch({ q: null })}
                {...(mayEdit && { onNew: openNew })}
              />
            ) : (
              <VirtualList
                rows={shown}
                rowKey={spec.idOf}
                row={row}
                head={head}
                template={template}
                label={words.title}
                cursor={cursor}
                onCursor={choose}
                onOpen={() => undefined}
                {...(query.hasNextPage && !query.isFetchingNextPage && { onEnd: () => void query.fetchNextPage() })}
              />
            )
          }
        </Loading>
        {(isNew || name !== null) && (
          <ResourcePanel
            key={draftKey}
            spec={spec}
            words={words}
            id={isNew ? null : name}
            known={isNew ? null : (rows[cursor] ?? null)}
            mayEdit={mayEdit}
            facts={facts}
            draft={drafts[draftKey ?? '']}
            onDraft={(form) => setDrafts((all) => withDraft(all, draftKey ?? '', form))}
            onClose={() => patch({ name: null, new: null })}
            onShow={(id) => patch({ name: id, new: null })}
          />
        )}
      </div>
    </>
  )
}

function withDraft(all: Record<string, Form>, key: string, form: Form | null): Record<string, Form> {
  const rest = Object.fromEntries(Object.entries(all).filter(([name]) => name !== key))
  return form === null ? rest : { ...rest, [key]: form }
}

function Nothing({
  words,
  pattern,
  onAll,
  onNew,
}: {
  words: Words
  pattern: string
  onAll: () => void
  onNew?: () => void
}) {
  if (pattern !== '')
    return <Blank title={text.noHit(pattern)} actions={<Button onClick={onAll}>{text.showAll}</Button>} />
  return (
    <Blank
      title={words.empty}
      actions={
        onNew && (
          <Button icon={Plus} onClick={onNew}>
            {words.new}
          </Button>
        )
      }
    >
      {words.emptyText}
    </Blank>
  )
}
