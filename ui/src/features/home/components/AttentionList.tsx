import { ScrollText, TriangleAlert } from 'lucide-react'
import { useRef, useState } from 'react'
import { Link, useLocation } from 'wouter'
import type { Home } from '@/api/contract'
import { Blank } from '@/components/Blank'
import { Button } from '@/components/Button'
import { Tag } from '@/components/Controls'
import { Icon } from '@/components/Icon'
import { StateGlyph } from '@/components/state/StateGlyph'
import { useNow } from '@/lib/clock'
import { useDates } from '@/lib/dates'
import { age, count } from '@/lib/durations'
import { useKeys } from '@/lib/keys'
import { links } from '@/lib/links'
import { strings } from '@/lib/strings'
import { failedLines, importLines, taskName, type Attention, type TimeSpan } from '../model'

const text = strings.home.attention

/** What needs a person, worst first; a chosen time in the chart leaves only what happened then. */
export function AttentionList({ home, span }: { home: Home; span: TimeSpan | null }) {
  const failed = failedLines(home.failed_runs.rows, span)
  const broken = importLines(home.import_errors.rows, span)
  const lines = [...failed, ...broken]
  const [wanted, setWanted] = useState<string | null>(null)
  const list = useRef<HTMLDivElement>(null)
  const [, navigate] = useLocation()
  const cursor = Math.max(
    0,
    lines.findIndex((line) => line.key === wanted),
  )
  const current = lines[cursor]

  const move = (by: number) => {
    const next = Math.min(lines.length - 1, Math.max(0, cursor + by))
    setWanted(lines[next]?.key ?? null)
    list.current?.querySelectorAll<HTMLElement>('.cover')[next]?.focus()
  }
  useKeys(
    [
      { keys: ['j', 'ArrowDown'], label: text.move, run: () => move(1), show: ['J', 'K'], foot: true },
      { keys: ['k', 'ArrowUp'], label: text.move, run: () => move(-1) },
      { keys: ['Enter'], label: text.open, run: () => current && navigate(hrefOf(current)), foot: true },
    ],
    { off: lines.length === 0 },
  )
  const log = current && logHref(current)
  useKeys([{ keys: ['l'], label: text.log.toLowerCase(), run: () => log != null && navigate(log), foot: true }], {
    off: log == null,
  })

  if (lines.length === 0) return <Nothing home={home} span={span} />
  const row = (line: Attention) => (
    <Row key={line.key} line={line} selected={line === current} onSelect={() => setWanted(line.key)} />
  )
  return (
    <div ref={list} className="home-att scroll">
      {failed.length > 0 && (
        <Group title={text.failed} more={shownOf(runsIn(failed), home.failed_runs.total)}>
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

function Group({ title, more, children }: { title: string; more: string; children: React.ReactNode }) {
  return (
    <section>
      <h3 className="gh">
        <b>{title}</b>
        {more}
      </h3>
      <ul>{children}</ul>
    </section>
  )
}

function Row({ line, selected, onSelect }: { line: Attention; selected: boolean; onSelect: () => void }) {
  const now = useNow()
  const dates = useDates()
  const at = line.kind === 'run' ? line.run.end : line.error.seen
  return (
    <li className={selected ? 'sel' : ''} onFocus={onSelect}>
      {line.kind === 'run' ? (
        <StateGlyph state="failed" />
      ) : (
        <span className="bad-t">
          <Icon of={TriangleAlert} size={14} />
        </span>
      )}
      <Link className="cover name ell" href={hrefOf(line)}>
        {line.kind === 'run' ? line.run.dag_id : line.error.file}
      </Link>
      <span className="ell i2">
        <What line={line} />
      </span>
      <span className="row near">
        <Tags line={line} selected={selected} />
      </span>
      <span className="r i3 nowrap" title={dates.exact(at)}>
        {age(now - at)}
      </span>
    </li>
  )
}

function What({ line }: { line: Attention }) {
  if (line.kind === 'import')
    return (
      <>
        {line.error.line !== null && <span className="mono">{text.line(line.error.line)} </span>}
        {line.error.message}
      </>
    )
  const task = taskName(line.run)
  return (
    <>
      {task !== null && <span className="mono">{task} </span>}
      {line.run.reason ?? text.failedPlain}
      {line.run.try_number > 1 && `, ${text.tryNumber(line.run.try_number)}`}
    </>
  )
}

function Tags({ line, selected }: { line: Attention; selected: boolean }) {
  const [, navigate] = useLocation()
  const log = selected ? logHref(line) : null
  return (
    <>
      {line.kind === 'run' && line.runs > 1 && (
        <span title={text.runsTip(line.runs)}>
          <Tag>{text.runs(line.runs)}</Tag>
        </span>
      )}
      {log !== null && (
        <Button small icon={ScrollText} hint="L" onClick={() => navigate(log)}>
          {text.log}
        </Button>
      )}
    </>
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

const runsIn = (lines: Attention[]) => lines.reduce((sum, line) => sum + (line.kind === 'run' ? line.runs : 1), 0)
const shownOf = (shown: number, total: number) =>
  shown === total ? text.newest(count(shown)) : text.someOf(count(shown), count(total))

function hrefOf(line: Attention): string {
  return line.kind === 'run'
    ? links.run(line.run.dag_id, line.run.run_id)
    : `${links.importErrors()}?id=${String(line.error.id)}`
}

function logHref(line: Attention): string | null {
  if (line.kind === 'import' || line.run.task_id === null) return null
  return links.task(line.run.dag_id, line.run.run_id, line.run.task_id, line.run.map_index)
}
