import { Check, ChevronDown } from 'lucide-react'
import { Fragment, useState } from 'react'
import { Link } from 'wouter'
import type { Blocker, MetCondition } from '@/api/contract'
import { Icon } from '@/components/Icon'
import { StateGlyph } from '@/components/state/StateGlyph'
import { STATES } from '@/components/state/table'
import { useNow } from '@/lib/clock'
import { count } from '@/lib/durations'
import { strings } from '@/lib/strings'
import { holderFacts, holderLine, shareWords, SQUARES_MAX, type Asked, type Sentence, type Share } from '../why-model'

const text = strings.why
/** Holders that show before the rest is asked for. */
const SHOWN_FIRST = 5

/** What is the matter in figures, with the run's own part marked as in the bar. */
export function SentenceLine({ sentence: { text: words, shares, after } }: { sentence: Sentence }) {
  return (
    <span className="i2">
      {words}
      {shares.map((share, i) => (
        <Fragment key={share.of}>
          {i === 0 ? ': ' : ', '}
          {share.of === 'own' ? <span className="run-t">{shareWords(share)}</span> : shareWords(share)}
        </Fragment>
      ))}
      {after !== '' && `. ${after}`}
    </span>
  )
}

/** Who uses a limit: a square for each slot, or parts in proportion when they are many. */
export function SlotBar({ shares }: { shares: Share[] }) {
  const total = shares.reduce((sum, { amount }) => sum + amount, 0)
  const there = shares.filter(({ amount }) => amount > 0)
  const label = there.map(shareWords).join(', ')
  if (total > SQUARES_MAX)
    return (
      <div className="why-slots whole" role="img" aria-label={label}>
        {there.map(({ of, amount }) => (
          <i key={of} className={of} style={{ flexGrow: amount }} />
        ))}
      </div>
    )
  return (
    <div className="why-slots" role="img" aria-label={label}>
      {there.flatMap(({ of, amount }) =>
        Array.from({ length: amount }, (_, i) => <i key={`${of} ${String(i)}`} className={of} />),
      )}
    </div>
  )
}

/** Who has to end, or get on: the first of them, the rest on demand. */
export function HolderList({ blocker, asked }: { blocker: Blocker; asked: Asked }) {
  const [all, setAll] = useState(false)
  const now = useNow()
  const { holders, holders_total: total } = blocker
  if (holders.length === 0) return null
  const shown = all ? holders : holders.slice(0, SHOWN_FIRST)
  const label = holders[0]?.type === 'upstream' ? text.toCome : text.holders
  return (
    <>
      <ul className="why-holders" aria-label={label}>
        {shown.map((holder) => {
          const line = holderLine(holder, asked)
          const state = STATES[line.state].label
          return (
            <li key={line.key} className={line.own ? 'own' : ''}>
              <StateGlyph state={line.state} size={12} />
              <Link className="link ell" href={line.href} title={line.name}>
                {line.name}
              </Link>
              <span className="num-t">{holderFacts(line, state, now)}</span>
            </li>
          )
        })}
      </ul>
      {holders.length > SHOWN_FIRST && (
        <button type="button" className="link why-more" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? text.showFewer : text.showMore(count(total - SHOWN_FIRST))}
        </button>
      )}
      {shown.length === holders.length && total > holders.length && (
        <span className="i3">{text.unlisted(count(total - holders.length))}</span>
      )}
    </>
  )
}

/** What does not hold it: in one sentence, opened as a list. */
export function MetConditions({ met }: { met: MetCondition[] }) {
  if (met.length === 0) return null
  return (
    <details className="why-met">
      <summary>
        <span className="num o ok-t">
          <Icon of={Check} size={12} />
        </span>
        <span className="grow">
          <b>{text.met(met.length)}</b>
          <span className="i2 in-short">{met.map(({ message }) => message).join(', ')}</span>
        </span>
        <span className="turn">
          <Icon of={ChevronDown} size={14} />
        </span>
      </summary>
      <ul>
        {met.map(({ condition, message }) => (
          <li key={`${condition} ${message}`}>{message}</li>
        ))}
      </ul>
    </details>
  )
}
