import { useRef, useState, type ReactNode } from 'react'
import { useLocation } from 'wouter'
import type { Home } from '@/api/contract'
import { Blank } from '@/components/Blank'
import { useNow } from '@/lib/clock'
import { useDates } from '@/lib/dates'
import { age, count } from '@/lib/durations'
import { useKeys } from '@/lib/keys'
import { useMay } from '@/lib/session'
import { strings } from '@/lib/strings'
import { useAcknowledge } from '../api/acknowledge'
import { failedLines, hrefOf, importLines, logHref, type Attention, type RunLine, type TimeSpan } from '../model'
import { AttentionRow } from './AttentionRow'

const text = strings.home.attention

/** What needs a person, worst first; a chosen time in the chart leaves only what happened then. */
export function AttentionList({ home, span }: { home: Home; span: TimeSpan | null }) {
  const failed = failedLines(home.failed_runs.rows, span)
  const broken = importLines(home.import_errors.rows, span)
  const lines = [...failed, ...broken]
  const [wanted, setWanted] = useState<string | null>(null)
  const list = useRef<HTMLDivElement>(null)
  const [, navigate] = useLocation()
  const may = useMay('user')
  const acknowledge = useAcknowledge()
  const cursor = Math.max(
    0,
    lines.findIndex((line) => line.key === wanted),
  )
  const current = lines[cursor]
  const failure = current?.kind === 'run' ? current : undefined

  const select = (next: number) => setWanted(lines[next]?.key ?? null)
  const move = (by: number) => {
    const next = Math.min(lines.length - 1, Math.max(0, cursor + by))
    select(next)
    list.current?.querySelectorAll<HTMLElement>('.cover')[next]?.focus()
  }
  const acknowledgeLine = (line: RunLine) => {
    // The line goes away; the cursor stays where it was.
    select(cursor + 1 < lines.length ? cursor + 1 : cursor - 1)
    void acknowledge(line.runs)
  }
  useKeys(
    [
      { keys: ['j', 'ArrowDown'], label: text.move, run: () => move(1), show: ['J', 'K'], foot: true },
      { keys: ['k', 'ArrowUp'], label: text.move, run: () => move(-1) },
      { keys: ['Enter'], label: text.open, run: () => current && navigate(hrefOf(current)), foot: true },
    ],
    { off: lines.length === 0 },
  )
  useKeys([{ keys: ['e'], label: text.acknowledgeKey, run: () => failure && acknowledgeLine(failure), foot: true }], {
    off: !may || failure === undefined,
  })
  const log = current && logHref(current)
  useKeys([{ keys: ['l'], label: text.log.toLowerCase(), run: () => log != null && navigate(log), foot: true }], {
    off: log == null,
  })

  if (lines.length === 0) return <Nothing home={home} span={span} />
  const row = (line: Attention) => (
    <AttentionRow
      key={line.key}
      line={line}
      selected={line === current}
      onSelect={() => setWanted(line.key)}
      onAcknowledge={may ? acknowledgeLine : null}
    />
  )
  const { total, acknowledged } = home.failed_runs
  return (
    <div ref={list} className="home-att scroll">
      {failed.length > 0 && (
        <Group
          title={text.failed}
          more={shownOf(runsIn(failed), total)}
          end={acknowledged > 0 ? text.seen(count(acknowledged)) : ''}
        >
          {failed.map(row)}
        </Group>
      )}
      {broken.length > 0 && (
        <Group title={text.errors} more={shownOf(broken.length, home.import_errors.total)}>
          {broken.map(row)}
        </Group>
      )}
    </div>
  )
}

function Group({
  title,
  more,
  end = '',
  children,
}: {
  title: string
  more: string
  end?: string
  children: ReactNode
}) {
  return (
    <section>
      <h3 className="gh">
        <b>{title}</b>
        {more}
        {end !== '' && <span className="end">{end}</span>}
      </h3>
      <ul>{children}</ul>
    </section>
  )
}

function Nothing({ home, span }: { home: Home; span: TimeSpan | null }) {
  const now = useNow()
  const dates = useDates()
  if (span !== null) return <Blank title={text.noneInSpan} />
  const { last_failure: last } = home
  return (
    <Blank title={text.nothing}>
      {last === null ? text.never : text.lastFailure(dates.near(last, now), age(now - last))}
    </Blank>
  )
}

const runsIn = (lines: RunLine[]) => lines.reduce((sum, line) => sum + line.runs.length, 0)
const shownOf = (shown: number, total: number) =>
  shown === total ? text.newest(count(shown)) : text.someOf(count(shown), count(total))
