import { useQuery } from '@tanstack/react-query'
import { ChevronRight, Search } from 'lucide-react'
import { useEffect, useId, useState, type KeyboardEvent, type ReactNode } from 'react'
import { createPortal } from 'react-dom'
import { useLocation } from 'wouter'
import type { Hit, SearchResult } from '@/api/contract'
import { Kbd } from '@/components/Button'
import { Icon } from '@/components/Icon'
import { useNow } from '@/lib/clock'
import { useKeys } from '@/lib/keys'
import { useLater } from '@/lib/later'
import { navQuery, sessionQuery } from '@/lib/session'
import { useStore } from '@/lib/store'
import { strings } from '@/lib/strings'
import { dagHeadQuery, searchQuery } from './api'
import { Results } from './Results'
import { isMatch, longestWord, readTyped } from './model'
import { actionsOf, sectionsOf, type Command, type Doing, type Item, type Section } from './sections'
import { visited, visitsOf } from './visits'

const text = strings.palette
const ASK_AFTER_MS = 80
const PAGE = 8
const NOTHING: SearchResult = { hits: [], connections: [], variables: [] }

/** Search and commands over whatever is shown. What the browser knows shows at once, the server's hits follow. */
export function Palette({
  pages,
  commands,
  doing,
  onClose,
}: {
  pages: Command[]
  commands: Command[]
  doing: Doing
  onClose: () => void
}) {
  const [typed, setTyped] = useState('')
  const [acting, setActing] = useState<{ hit: Hit; before: string } | null>(null)
  const [wanted, setWanted] = useState<string | null>(null)
  const [, navigate] = useLocation()
  const { sections, note, settled } = useSections(typed, acting?.hit ?? null, pages, commands, doing)
  const items = sections.flatMap((section) => section.items)
  const cursor = Math.max(
    0,
    items.findIndex((item) => item.key === wanted),
  )
  const current = items[cursor]
  const listId = useId()

  const type = (next: string) => {
    setTyped(next)
    setWanted(null)
  }
  const back = () => {
    if (!acting) return
    setActing(null)
    type(acting.before)
  }
  const act = (item: Item, newTab: boolean) => {
    if (item.href !== undefined && newTab) window.open(item.href, '_blank', 'noopener')
    else {
      onClose()
      if (item.href !== undefined) navigate(item.href)
      item.run?.()
    }
  }
  const move = (by: number) => setWanted(items[Math.min(items.length - 1, Math.max(0, cursor + by))]?.key ?? null)
  const openActions = () => {
    if (!current?.hit) return
    setActing({ hit: current.hit, before: typed })
    type('')
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: PAGE, PageUp: -PAGE }[event.key]
    if (event.nativeEvent.isComposing) return
    if (by !== undefined) move(by)
    else if (event.key === 'Enter') {
      if (current) act(current, event.ctrlKey || event.metaKey)
    } else if (event.key === 'Tab') {
      if (event.shiftKey) back()
      else openActions()
    } else if (event.key === 'Backspace' && typed === '' && acting) back()
    else return
    event.preventDefault()
  }
  const escape = () => (acting ? back() : onClose())
  useKeys(
    [
      { keys: ['Escape'], label: strings.actions.close, run: escape, inFields: true },
      { keys: ['Ctrl+k'], label: strings.actions.close, run: onClose, inFields: true },
    ],
    { exclusive: true },
  )

  return (
    <Shell onClose={onClose}>
      <div className="pal-q">
        <Icon of={Search} />
        {acting && (
          <span className="tok">
            <b>{acting.hit.text}</b>
            <Icon of={ChevronRight} size={12} />
          </span>
        )}
        <input
          value={typed}
          placeholder={acting ? text.actions : text.placeholder}
          aria-label={text.title}
          role="combobox"
          aria-expanded
          aria-controls={listId}
          aria-autocomplete="list"
          aria-activedescendant={current ? `${listId}-${String(cursor)}` : undefined}
          spellCheck={false}
          autoComplete="off"
          autoFocus
          onChange={(event) => type(event.target.value)}
          onKeyDown={onKeyDown}
        />
        {note !== null && <span className="t12 i3 nowrap">{note}</span>}
        <Kbd>Esc</Kbd>
      </div>
      <Results
        id={listId}
        sections={sections}
        query={readTyped(typed).q}
        cursor={cursor}
        onPick={act}
        empty={!settled ? '' : readTyped(typed).q === '' ? text.type : text.nothing(readTyped(typed).q)}
      />
      <Foot />
    </Shell>
  )
}

function useSections(
  typed: string,
  acting: Hit | null,
  pages: Command[],
  commands: Command[],
  doing: Doing,
): { sections: Section[]; note: string | null; settled: boolean } {
  const now = useNow()
  const read = readTyped(typed)
  const asks =
    acting === null &&
    read.q !== '' &&
    (read.scope === null || read.scope === 'dag' || read.scope === 'run' || read.scope === 'task')
  const wanted = longestWord(read.q)
  const asked = useLater(wanted, ASK_AFTER_MS)
  const search = useQuery({ ...searchQuery(asked), enabled: asks && asked !== '' })
  const kept = useStore(visited)
  const user = useQuery(sessionQuery()).data?.username ?? ''
  const dagCount = useQuery(navQuery()).data?.dags
  const found = asks && search.data ? search.data : NOTHING
  const visits = visitsOf(kept, user)
  const known = { typed: read, visits, found, pages, commands, dagCount, now, doing, head: undefined }
  // The first DAG is asked for by name, so that what can be done with it is known.
  const firstDag =
    acting?.kind === 'dag'
      ? acting.dag_id
      : asks
        ? (sectionsOf(known).find((section) => section.key === 'dag')?.items[0]?.hit?.dag_id ?? null)
        : null
  const head = useQuery({ ...dagHeadQuery(firstDag ?? ''), enabled: firstDag !== null }).data
  const note = !asks
    ? null
    : search.error
      ? text.localOnly(search.error.message)
      : search.data
        ? `${String(Math.max(1, Math.round(search.data.took)))} ms`
        : null
  if (acting)
    return {
      sections: [
        {
          key: 'do',
          title: text.doWith(acting.text),
          items: actionsOf(acting, head, doing).filter((item) => isMatch(item.text, typed)),
        },
      ],
      note,
      settled: true,
    }
  return { sections: sectionsOf({ ...known, head }), note, settled: !asks || (asked === wanted && !search.isFetching) }
}

function Shell({ children, onClose }: { children: ReactNode; onClose: () => void }) {
  const [origin] = useState(() => document.activeElement)
  useEffect(
    () => () => {
      // Where a command leads may take the focus itself; only when it fell on the page it goes back.
      if (document.activeElement === document.body && origin instanceof HTMLElement) origin.focus()
    },
    [origin],
  )
  return createPortal(
    <>
      <div className="scrim" onPointerDown={onClose} />
      <div className="dialog palette" role="dialog" aria-modal="true" aria-label={text.title}>
        {children}
      </div>
    </>,
    document.body,
  )
}

function Foot() {
  return (
    <div className="pal-foot">
      <span>
        <Kbd>↑</Kbd>
        <Kbd>↓</Kbd> {text.move}
      </span>
      <span>
        <Kbd>↵</Kbd> {text.open}
      </span>
      <span>
        <Kbd>Ctrl</Kbd>
        <Kbd>↵</Kbd> {text.newTab}
      </span>
      <span>
        <Kbd>Tab</Kbd> {text.actions}
      </span>
      <span className="narrow">
        {text.narrow} <b className="mono">{text.scopes}</b>
      </span>
    </div>
  )
}
