import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import type { LogBlock } from '@/api/contract'
import { Blank } from '@/components/Blank'
import { copyText } from '@/lib/clipboard'
import { count } from '@/lib/durations'
import { useKeys, type Shortcut } from '@/lib/keys'
import { useFootNote } from '@/lib/screen'
import { createKept, useStore } from '@/lib/store'
import { strings } from '@/lib/strings'
import { showToast } from '@/lib/toasts'
import { useQueryParams } from '@/lib/url'
import type { LogSource } from '../api/log'
import { downloadLog } from '../api/download'
import { isLevel, type Level } from '../model/level'
import { nextLine, previousLine } from '../model/lines'
import { LINE_PX } from '../model/offsets'
import { LogScroll } from '../model/scroll'
import { LogLines, type Jump } from './LogLines'
import { LevelFilter, LogActions, LogSearch } from './LogTools'
import { useFound, useRows } from './use-log'

const text = strings.logs
const QUERY_DELAY_MS = 250
const wrapLines = createKept<boolean>('log-wrap', false, (value): value is boolean => typeof value === 'boolean')

interface Props {
  source: LogSource
  tail: LogBlock
  exit: string | null
  opened: number
}

export function LogBody({ source, tail, exit, opened }: Props) {
  const [params, setParams] = useQueryParams()
  const query = params.get('q') ?? ''
  const wanted = params.get('level')
  const level = isLevel(wanted) ? wanted : null
  const current = lineOf(params.get('line'))
  const wrap = useStore(wrapLines)
  const found = useFound(source, tail, query, level)
  const rows = useRows(tail, level, found)
  const [scroll] = useState(() => new LogScroll(rows.map, current === null))
  const [jump, setJump] = useState<Jump | null>(current === null ? null : { line: current })
  const { following } = useSyncExternalStore(scroll.subscribe, scroll.get)
  const setLevel = (next: Level | null) => setParams({ level: next })

  const goTo = useCallback(
    (line: number | null) => {
      if (line === null) return
      rows.reveal(line)
      setParams({ line: String(line), ...(found.filtered && !found.filtered.lines.includes(line) && { level: null }) })
      setJump({ line })
    },
    [rows, found.filtered, setParams],
  )
  const from = () => current ?? scroll.firstLine() - 1
  const step = (lines: readonly number[], back = false) =>
    goTo(back ? previousLine(lines, from()) : nextLine(lines, from()))
  const [typed, setTyped] = useTyped(query, (q) => setParams({ q, line: null }))
  useFirstHit(query, found.hits, current, () => step(found.hits))

  const pick = useCallback((line: number) => setParams({ line: String(line) }), [setParams])
  const copyLink = () => {
    const line = current ?? scroll.firstLine()
    setParams({ line: String(line) })
    void copyText(window.location.href).then((done) =>
      showToast(done ? { text: text.linkCopied(count(line)) } : { text: window.location.href }),
    )
  }
  const [busy, download] = useDownload(source)
  const follow = () => scroll.follow(!following)
  const page = () => Math.max(LINE_PX, scroll.get().viewport - 2 * LINE_PX)

  const shortcuts: Shortcut[] = [
    {
      keys: ['n', 'Shift+n'],
      show: ['N', '⇧N'],
      label: text.steps,
      run: (key) => step(found.hits, key === 'Shift+n'),
      foot: true,
    },
    { keys: ['e'], label: text.nextError, run: () => step(found.errors), foot: true },
    { keys: ['.'], label: text.followKey, run: follow, foot: !tail.complete },
    { keys: ['Shift+w'], label: text.wrapKey, run: () => wrapLines.set(!wrap) },
    { keys: ['y'], label: text.copyKey, run: copyLink },
    {
      keys: ['ArrowDown', 'ArrowUp', 'j', 'k'],
      label: text.move,
      run: (key) => scroll.scrollBy(key === 'ArrowDown' || key === 'j' ? LINE_PX : -LINE_PX),
    },
    {
      keys: ['PageDown', 'PageUp'],
      label: text.move,
      run: (key) => scroll.scrollBy(key === 'PageDown' ? page() : -page()),
    },
    {
      keys: ['Home', 'End'],
      label: text.ends,
      run: (key) => (key === 'Home' ? scroll.scrollTo(0) : scroll.follow(true)),
    },
  ]
  useKeys(shortcuts, { off: tail.total === 0 && tail.complete })
  useFootNote((tail.complete ? text.lines : text.streaming)(count(tail.total)))

  return (
    <>
      <div className="tool">
        <LogSearch
          value={typed}
          matches={found.matches}
          current={current}
          onChange={setTyped}
          onNext={() => step(found.hits)}
          onPrevious={() => step(found.hits, true)}
        />
        <LevelFilter value={level} counts={found.counts} onChange={setLevel} />
        <span className="grow" />
        <LogActions
          wrap={wrap}
          follow={tail.complete ? null : following}
          busy={busy}
          onWrap={() => wrapLines.set(!wrap)}
          onCopy={copyLink}
          onDownload={download}
          onFollow={follow}
        />
      </div>
      {found.filtered?.truncated && (
        <div className="note-bar">{text.cut(count(found.filtered.lines.length), count(found.filtered.total))}</div>
      )}
      {tail.total === 0 && tail.complete ? (
        <Blank title={text.ended(exit)} />
      ) : level !== null && found.filtered?.lines.length === 0 ? (
        <Blank title={text.nothingOfLevel} />
      ) : (
        <LogLines
          source={source}
          scroll={scroll}
          map={rows.map}
          tail={tail}
          grownAt={tail.lines.at(-1)?.time ?? opened}
          query={query}
          current={current}
          hits={found.hits}
          errors={found.errors}
          warnings={found.warnings}
          jump={jump}
          wrap={wrap}
          groupAt={rows.groupAt}
          depthAt={rows.depthAt}
          onPick={pick}
          onToggle={rows.toggle}
        />
      )}
    </>
  )
}

function lineOf(param: string | null): number | null {
  const line = Number(param)
  return param !== null && Number.isInteger(line) && line > 0 ? line : null
}

/** What stands in the field now, and its way into the address once typing pauses. */
function useTyped(value: string, commit: (value: string) => void): [string, (value: string) => void] {
  const [typed, setTyped] = useState<string | null>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const change = (next: string) => {
    setTyped(next)
    clearTimeout(timer.current)
    timer.current = setTimeout(() => {
      commit(next)
      setTyped(null)
    }, QUERY_DELAY_MS)
  }
  return [typed ?? value, change]
}

/** When a new text is found, its first hit from here on comes into view by itself. */
function useFirstHit(query: string, hits: readonly number[], current: number | null, go: () => void): void {
  const shown = useRef(current === null ? '' : query)
  useEffect(() => {
    if (query === '') shown.current = ''
    if (shown.current === query || hits.length === 0) return
    shown.current = query
    go()
  })
}

function useDownload(source: LogSource): [busy: boolean, start: () => void] {
  const [busy, setBusy] = useState(false)
  const start = useMemo(
    () => () => {
      setBusy(true)
      downloadLog(source)
        .catch((error: unknown) =>
          showToast({ text: error instanceof Error ? error.message : strings.states.noChange, tone: 'bad' }),
        )
        .finally(() => setBusy(false))
    },
    [source],
  )
  return [busy, start]
}
