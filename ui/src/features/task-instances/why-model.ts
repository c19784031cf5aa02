import type { Blocker, BlockerKind, Holder, Place, TaskState } from '@/api/contract'
import { count, duration } from '@/lib/durations'
import { links } from '@/lib/links'
import { strings } from '@/lib/strings'

const text = strings.why
/** Up to so many slots are drawn one by one. */
export const SQUARES_MAX = 32
/** Where the server ends counting those who go first. */
const AHEAD_COUNTED_MAX = 1_000

/** The task instance that is asked about. */
export interface Asked {
  dagId: string
  runId: string
  taskId: string
}

const isOwn = (holder: { dag_id: string; run_id: string }, asked: Asked) =>
  holder.dag_id === asked.dagId && holder.run_id === asked.runId

type Limited = Blocker & { usage: NonNullable<Blocker['usage']> }
export const isLimit = (blocker: Blocker): blocker is Limited => blocker.usage !== null

export const poolOf = (place: Place | null): string => (place?.type === 'pool' ? place.name : '')

/** What the title says already, or what is said in other words; any other kind says what the server says. */
const SENTENCES: Partial<Record<BlockerKind, string>> = {
  paused: text.unpause,
  stale: '',
  schedule: '',
  run_after: '',
  run_queued: '',
  reschedule: '',
  expansion: '',
  no_pool: text.makePool,
  running: '',
  waiting: '',
}

/** Kinds that say by whom a limit is used. */
const SHARED: readonly BlockerKind[] = ['pool_full', 'parallelism', 'task_limit']

export function titleOf(blocker: Blocker): string {
  return text.titles[blocker.kind](poolOf(blocker.place))
}

/** What is said below a title. */
export interface Sentence {
  text: string
  /** By whom a limit is used, if that is said. */ shares: Share[]
  after: string
}

/** `16 of 16 slots: 2 this run, 8 ads_attribution_daily, 6 others. 2 tasks go first`; null when the title says it all. */
export function sentenceOf(blocker: Blocker, asked: Asked): Sentence | null {
  if (!isLimit(blocker) || !SHARED.includes(blocker.kind)) {
    const words = SENTENCES[blocker.kind] ?? capitalised(blocker.message)
    return words === '' ? null : { text: words, shares: [], after: '' }
  }
  const { used, limit } = blocker.usage
  const { ahead } = blocker
  return {
    text: blocker.kind === 'pool_full' ? text.slotsOf(count(used), count(limit)) : capitalised(blocker.message),
    shares: sharesOf(blocker, asked).filter(({ of, amount }) => of !== 'free' && amount > 0),
    after: ahead === null || ahead === 0 ? '' : text.goFirst(ahead, AHEAD_COUNTED_MAX),
  }
}

const capitalised = (words: string) => words.charAt(0).toUpperCase() + words.slice(1)

/** A part of a limit, in the order of the bar. */
export interface Share {
  of: 'own' | 'dag' | 'rest' | 'free'
  /** Whose it is, for `dag`. */ dagId: string | null
  amount: number
}

export function shareWords({ of, dagId, amount }: Share): string {
  const n = count(amount)
  switch (of) {
    case 'own':
      return text.ownShare(n)
    case 'dag':
      return text.dagShare(n, dagId ?? '')
    case 'rest':
      return text.restShare(n)
    case 'free':
      return text.freeShare(n)
  }
}

/** How much of a limit the run itself uses, the DAG that uses most of the rest (if all are known), others, and nobody. */
export function sharesOf(blocker: Limited, asked: Asked): Share[] {
  const { used, own, limit } = blocker.usage
  const others = Math.max(0, used - own)
  const most = biggest(blocker, asked)
  const byDag = most === null ? 0 : Math.min(others, most.amount)
  return [
    { of: 'own', dagId: null, amount: own },
    { of: 'dag', dagId: most?.dagId ?? null, amount: byDag },
    { of: 'rest', dagId: null, amount: others - byDag },
    { of: 'free', dagId: null, amount: Math.max(0, limit - used) },
  ]
}

/** The DAG that holds most besides the run itself; null when not all holders are listed, or there is none. */
function biggest(blocker: Limited, asked: Asked): { dagId: string; amount: number } | null {
  if (blocker.holders.length < blocker.holders_total) return null
  const byDag = new Map<string, number>()
  for (const holder of blocker.holders) {
    if (holder.type === 'upstream' || isOwn(holder, asked)) continue
    const amount = holder.type === 'task_instance' && blocker.kind === 'pool_full' ? holder.slots : 1
    byDag.set(holder.dag_id, (byDag.get(holder.dag_id) ?? 0) + amount)
  }
  return [...byDag]
    .map(([dagId, amount]) => ({ dagId, amount }))
    .reduce<{ dagId: string; amount: number } | null>(
      (most, one) => (most && most.amount >= one.amount ? most : one),
      null,
    )
}

/** Where to go for a place other than the one shown; null when this is the place. */
export function placeLink(place: Place | null, asked: Asked): { href: string; label: string } | null {
  if (place === null) return null
  switch (place.type) {
    case 'pool':
      return { href: links.pool(place.name), label: text.openPool(place.name) }
    case 'dag':
      return { href: links.dag(place.dag_id), label: text.openDag }
    case 'run':
      return place.run_id === asked.runId
        ? { href: links.run(place.dag_id, place.run_id, 'tasks'), label: text.openRun }
        : { href: links.run(place.dag_id, place.run_id), label: text.openRun }
    case 'task':
      return place.run_id === asked.runId && place.task_id === asked.taskId
        ? null
        : { href: links.task(place.dag_id, place.run_id, place.task_id), label: text.openTask(place.task_id) }
  }
}

/** A line of the list of those who hold something. */
export interface HolderLine {
  key: string
  href: string
  name: string
  state: TaskState
  /** Of the run itself. */ own: boolean
  /** Slots if several, how far it is if it is many. */ more: string
  /** Since when it runs, or has its place. */ since: number | null
}

export function holderLine(holder: Holder, asked: Asked): HolderLine {
  switch (holder.type) {
    case 'task_instance': {
      const own = isOwn(holder, asked)
      const index = holder.map_index < 0 ? '' : `[${String(holder.map_index)}]`
      const name = `${holder.task_id}${index}`
      return {
        key: `${holder.dag_id} ${holder.run_id} ${name}`,
        href: links.task(holder.dag_id, holder.run_id, holder.task_id, holder.map_index),
        name: own ? text.inRun(name) : text.ofDag(holder.dag_id, name),
        state: holder.state,
        own,
        more: holder.slots === 1 ? '' : text.takes(holder.slots),
        since: holder.start ?? holder.queued,
      }
    }
    case 'run':
      return {
        key: holder.run_id,
        href: links.run(holder.dag_id, holder.run_id),
        name: holder.run_id,
        state: 'running',
        own: false,
        more: '',
        since: holder.start,
      }
    case 'upstream':
      return {
        key: holder.task_id,
        href: links.task(asked.dagId, asked.runId, holder.task_id),
        name: holder.task_id,
        state: holder.state ?? ((holder.active ?? 0) > 0 ? 'running' : 'none'),
        own: false,
        more: progress(holder),
        since: null,
      }
  }
}

function progress({ state, done, active, total }: Extract<Holder, { type: 'upstream' }>): string {
  if (state !== null) return ''
  const parts = [text.progress(count(done), count(total))]
  if (active !== null && active > 0) parts.push(text.active(count(active)))
  return parts.join(', ')
}

/** What stands at the right end of a holder's line: `2 slots`, `2m 21s`, `queued 3 s`. */
export function holderFacts(line: HolderLine, label: string, now: number): string {
  const time = line.since === null ? '' : duration(now - line.since)
  const isPlain = line.state === 'running'
  const state = isPlain && time !== '' ? time : time === '' ? text.state(label) : text.stateFor(text.state(label), time)
  // How far a mapped task is says more than the state of one of its instances.
  return line.more === '' ? state : line.since === null ? line.more : `${line.more}, ${state}`
}
