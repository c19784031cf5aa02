import { ArrowDown, ArrowUp, Download, Link2, Search, TextWrap, X } from 'lucide-react'
import { useRef } from 'react'
import type { LogMatches } from '@/api/contract'
import { Button, IconButton } from '@/components/Button'
import { Icon } from '@/components/Icon'
import { count } from '@/lib/durations'
import { useKeys } from '@/lib/keys'
import { strings } from '@/lib/strings'
import { LEVELS, type Level } from '../model/level'

const text = strings.logs

/** Search of the whole log: the server finds the lines, `N` steps through them. */
export function LogSearch({
  value,
  matches,
  current,
  onChange,
  onNext,
  onPrevious,
}: {
  value: string
  matches: LogMatches | undefined
  current: number | null
  onChange: (value: string) => void
  onNext: () => void
  onPrevious: () => void
}) {
  const input = useRef<HTMLInputElement>(null)
  useKeys([{ keys: ['/'], label: text.find, run: () => input.current?.focus(), foot: true }])
  const at = matches && current !== null ? matches.lines.indexOf(current) + 1 : 0
  const total = matches?.total ?? 0
  return (
    <label className="field log-search">
      <Icon of={Search} size={14} />
      <input
        ref={input}
        type="search"
        value={value}
        placeholder={text.search}
        aria-label={text.search}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') {
            event.preventDefault()
            if (event.shiftKey) onPrevious()
            else onNext()
          }
          if (event.key !== 'Escape') return
          event.preventDefault()
          if (value === '') event.currentTarget.blur()
          else onChange('')
        }}
      />
      {value !== '' && (
        <>
          {matches && (
            <span className="t11 i3 nowrap" role="status">
              {total === 0 ? text.none : at > 0 ? text.matches(count(at), count(total)) : count(total)}
            </span>
          )}
          <button type="button" aria-label={text.previous} title={text.previous} onClick={onPrevious}>
            <Icon of={ArrowUp} size={14} />
          </button>
          <button type="button" aria-label={text.next} title={text.next} onClick={onNext}>
            <Icon of={ArrowDown} size={14} />
          </button>
          <button type="button" aria-label={strings.actions.clear} onClick={() => onChange('')}>
            <Icon of={X} size={12} />
          </button>
        </>
      )}
    </label>
  )
}

const TONES: Partial<Record<Level, string>> = { warning: 'retry-t', error: 'bad-t' }

/** Which lines are shown; warnings and errors are counted, as far as the server did. */
export function LevelFilter({
  value,
  counts,
  onChange,
}: {
  value: Level | null
  counts: Partial<Record<Level, number>>
  onChange: (level: Level | null) => void
}) {
  return (
    <div className="seg" role="group" aria-label={text.level}>
      <button
        type="button"
        className={value === null ? 'on' : ''}
        aria-pressed={value === null}
        onClick={() => onChange(null)}
      >
        {text.all}
      </button>
      {LEVELS.map((level) => (
        <button
          key={level}
          type="button"
          className={value === level ? 'on' : ''}
          aria-pressed={value === level}
          onClick={() => onChange(level)}
        >
          {text.levels[level]}
          {(counts[level] ?? 0) > 0 && <span className={TONES[level] ?? 'n'}>{count(counts[level] ?? 0)}</span>}
        </button>
      ))}
    </div>
  )
}

export function LogActions({
  wrap,
  follow,
  busy,
  onWrap,
  onCopy,
  onDownload,
  onFollow,
}: {
  wrap: boolean
  /** null: the log grows no more. */ follow: boolean | null
  busy: boolean
  onWrap: () => void
  onCopy: () => void
  onDownload: () => void
  onFollow: () => void
}) {
  return (
    <>
      <IconButton icon={TextWrap} label={text.wrap} pressed={wrap} onClick={onWrap} />
      <IconButton icon={Link2} label={text.copyLink} onClick={onCopy} />
      <IconButton
        icon={Download}
        label={busy ? text.downloading : text.download}
        disabled={busy}
        onClick={onDownload}
      />
      {follow !== null && (
        <Button icon={ArrowDown} hint="." pressed={follow} onClick={onFollow}>
          {text.follow}
        </Button>
      )}
    </>
  )
}
