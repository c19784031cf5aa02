import type { Hit, RunState } from '@/api/contract'
import { links } from '@/lib/links'

export type HitKind = Hit['kind']
export type Scope = HitKind | 'tag' | 'state' | 'owner' | 'command'
export interface Typed {
  scope: Scope | null
  q: string
}

const SCOPES: readonly string[] = ['dag', 'run', 'task', 'tag', 'state', 'owner']
const RUN_STATES: readonly string[] = ['queued', 'running', 'success', 'failed'] satisfies RunState[]

/** `task: load` looks only for tasks, `> theme` only for commands. */
export function readTyped(text: string): Typed {
  if (text.startsWith('>')) return { scope: 'command', q: text.slice(1).trim() }
  const [, scope, rest] = /^(\w+):(.*)$/.exec(text.trimStart()) ?? []
  return scope !== undefined && SCOPES.includes(scope)
    ? { scope: scope as Scope, q: (rest ?? '').trim() }
    : { scope: null, q: text.trim() }
}

const wordsOf = (q: string) =>
  q
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')

/** What the server is asked for: it finds one piece of text, the rest is told from its hits. */
export function longestWord(q: string): string {
  return wordsOf(q).reduce((longest, word) => (word.length > longest.length ? word : longest), '')
}

/** Every word occurs, in any order. */
export function isMatch(text: string, q: string): boolean {
  const lower = text.toLowerCase()
  return wordsOf(q).every((word) => lower.includes(word))
}

export interface Piece {
  text: string
  hit: boolean
}

/** Cuts a text where the words of the query occur. */
export function piecesOf(text: string, q: string): Piece[] {
  const lower = text.toLowerCase()
  // A few letters grow or shrink in lower case; then positions do not fit and nothing is marked.
  if (lower.length !== text.length) return [{ text, hit: false }]
  const marked = new Array<boolean>(text.length).fill(false)
  for (const word of wordsOf(q)) {
    for (let at = lower.indexOf(word); at >= 0; at = lower.indexOf(word, at + word.length))
      marked.fill(true, at, at + word.length)
  }
  const pieces: Piece[] = []
  for (const [i, hit] of marked.entries()) {
    const last = pieces.at(-1)
    const letter = text.charAt(i)
    if (last?.hit === hit) last.text += letter
    else pieces.push({ text: letter, hit })
  }
  return pieces
}

/** A place that was visited: a DAG, a run or a task of a run. */
export interface Visit {
  kind: HitKind
  dagId: string
  id: string
  href: string
}

export function visitOf(pathname: string): Visit | null {
  const parts = pathname
    .split('/')
    .slice(1)
    .map((part) => {
      try {
        return decodeURIComponent(part)
      } catch {
        return part
      }
    })
  const [root, dagId = '', branch, runId = '', leaf, taskId] = parts
  if (root !== 'dags' || dagId === '') return null
  if (branch !== 'runs' || runId === '') return { kind: 'dag', dagId, id: dagId, href: links.dag(dagId) }
  if (leaf === 'tasks' && taskId !== undefined && taskId !== '')
    return { kind: 'task', dagId, id: taskId, href: links.task(dagId, runId, taskId) }
  return { kind: 'run', dagId, id: runId, href: links.run(dagId, runId) }
}

const VISITS_MAX = 50

/** Newest first, each place once. */
export function withVisit(visits: Visit[], visit: Visit): Visit[] {
  return [visit, ...visits.filter((one) => one.href !== visit.href)].slice(0, VISITS_MAX)
}

/** Lists that a scope leads to; null when the value is none that the list knows. */
export function listOf(typed: Typed): { kind: 'tag' | 'owner' | 'state'; value: string; href: string } | null {
  const { scope, q } = typed
  if (q === '') return null
  if (scope === 'tag' || scope === 'owner')
    return { kind: scope, value: q, href: `${links.dags()}?${new URLSearchParams({ [scope]: q }).toString()}` }
  const state = scope === 'state' ? RUN_STATES.find((one) => one.startsWith(q.toLowerCase())) : undefined
  return state === undefined ? null : { kind: 'state', value: state, href: `${links.runs()}?state=${state}` }
}

export function hrefOf(hit: Pick<Hit, 'kind' | 'dag_id' | 'id'>): string {
  if (hit.kind === 'dag') return links.dag(hit.dag_id)
  return hit.kind === 'run' ? links.run(hit.dag_id, hit.id) : links.dag(hit.dag_id, 'grid', { task: hit.id })
}
