import type { DagRow, RunBar } from '@/api/contract'
import type { Dates } from '@/lib/dates'
import { age, duration } from '@/lib/durations'
import { strings } from '@/lib/strings'

const text = strings.dags

export const VIEWS = ['all', 'failing', 'running', 'favourites', 'active', 'paused'] as const
export type View = (typeof VIEWS)[number]

export interface DagFilter {
  q: string
  view: View
  tag: string | null
  owner: string | null
  sort: 'dag_id' | '-last_run'
}

export function filterOf(params: URLSearchParams): DagFilter {
  const view = VIEWS.find((one) => one === params.get('view')) ?? 'all'
  return {
    q: params.get('q') ?? '',
    view,
    tag: params.get('tag'),
    owner: params.get('owner'),
    sort: params.get('sort') === '-last_run' ? '-last_run' : 'dag_id',
  }
}

/** The filter as the query of an address, always written alike: two that show the same are equal. */
export function queryOf(filter: DagFilter): string {
  const { q, view, tag, owner, sort } = filter
  const params = new URLSearchParams({
    ...(q !== '' && { q }),
    ...(view !== 'all' && { view }),
    ...(tag !== null && { tag }),
    ...(owner !== null && { owner }),
    ...(sort !== 'dag_id' && { sort }),
  })
  return params.toString()
}

const VIEW_TOKENS: Record<string, View> = {
  'state:failed': 'failing',
  'state:running': 'running',
  'active:yes': 'active',
  'active:no': 'paused',
  'favourite:yes': 'favourites',
}

export interface Typed {
  q: string
  tag?: string
  owner?: string
  view?: View
}

/** Takes finished tokens (`tag:tier-1 `) out of what was typed; the rest stays free text. */
export function readTokens(typed: string): Typed {
  const found: Typed = { q: '' }
  const words = typed.split(' ')
  const unfinished = words.pop() ?? ''
  const rest = words.filter((word) => {
    const view = VIEW_TOKENS[word]
    const [name, value] = word.split(/:(.*)/)
    if (view !== undefined) found.view = view
    else if (name === 'tag' && value) found.tag = value
    else if (name === 'owner' && value) found.owner = value
    else return true
    return false
  })
  found.q = [...rest, unfinished].join(' ')
  return found
}

export function durationOf(run: RunBar): number | null {
  return run.start === null || run.end === null ? null : run.end - run.start
}

/** The last run in words: its state unless it went well, and how long ago or how long. */
export function lastRunWords(
  run: RunBar | undefined,
  now: number,
): { state: RunBar['state'] | null; word: string; rest: string } {
  if (!run) return { state: null, word: '', rest: text.never }
  switch (run.state) {
    case 'running':
      return { state: 'running', word: 'running', rest: duration(now - (run.start ?? now)) }
    case 'queued':
      return { state: 'queued', word: 'queued', rest: age(now - run.run_after) }
    case 'failed':
      return { state: 'failed', word: 'failed', rest: text.ago(age(now - (run.end ?? now))) }
    case 'success':
      return { state: 'success', word: '', rest: text.ago(age(now - (run.end ?? now))) }
  }
}

export function nextRunWords(row: Pick<DagRow, 'is_paused' | 'next_run_after'>, dates: Dates, now: number): string {
  if (row.is_paused) return text.pausedNext
  return row.next_run_after === null ? '–' : dates.near(row.next_run_after, now)
}

/** A line per run for the hover of its bar. */
export function barTitle(run: RunBar, dates: Dates): string {
  const ran = durationOf(run)
  return `${dates.dateTime(run.run_after)}, ${run.state}${ran === null ? '' : `, ${duration(ran)}`}`
}
