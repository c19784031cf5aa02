import {
  CirclePlay,
  Code,
  List,
  Pause,
  Play,
  Plug,
  Power,
  SquareArrowOutUpRight,
  SquareCheck,
  Table2,
  Variable,
  Workflow,
  type LucideIcon,
} from 'lucide-react'
import type { DagHead, Hit, RunState, SearchResult, TaskState } from '@/api/contract'
import { duration } from '@/lib/durations'
import { links } from '@/lib/links'
import { strings } from '@/lib/strings'
import { hrefOf, isMatch, listOf, type HitKind, type Typed, type Visit } from './model'

const text = strings.palette
const HITS_MAX = 5
const VISITS_SHOWN = 8
const HIT_ICONS: Record<HitKind, LucideIcon> = { dag: Workflow, task: SquareCheck, run: CirclePlay }

/** A line of the palette: a place, or something to do. */
export interface Item {
  key: string
  text: string
  /** Said after the text, less loud; and at the right end. */
  where?: string
  /** As `where`, for words that were searched too. */
  says?: string
  note?: string
  icon?: LucideIcon
  state?: TaskState | RunState | null
  href?: string
  run?: () => void
  /** What it stands for, when there is more to do with it. */
  hit?: Hit
}
export interface Section {
  key: string
  title: string
  more?: string
  items: Item[]
}

/** What the app offers: pages, and switches of the whole page. */
export interface Command {
  key: string
  label: string
  icon: LucideIcon
  href?: string
  run?: () => void
}

export interface Doing {
  trigger: (dagId: string) => void
  pause: (dagId: string, paused: boolean) => void
  mayAct: boolean
}

export interface Known {
  typed: Typed
  visits: Visit[]
  found: SearchResult
  pages: Command[]
  commands: Command[]
  /** Of the first DAG among the hits. */
  head: DagHead | undefined
  dagCount: number | undefined
  now: number
  doing: Doing
}

export function sectionsOf(known: Known): Section[] {
  const { typed, pages, commands } = known
  const found = (all: Command[]) => all.filter((one) => isMatch(one.label, typed.q)).map(commandItem)
  const filled = (sections: Section[]) => sections.filter((section) => section.items.length > 0)
  if (typed.scope === 'command')
    return filled([
      { key: 'commands', title: text.commands, items: found(commands) },
      { key: 'pages', title: text.pages, items: found(pages) },
    ])
  const list = listOf(typed)
  if (typed.scope === 'tag' || typed.scope === 'owner' || typed.scope === 'state')
    return filled([{ key: 'lists', title: text.lists, items: list ? [listItem(list)] : [] }])
  if (typed.q === '' && typed.scope === null) {
    return filled([
      { key: 'visits', title: text.recent, items: known.visits.slice(0, VISITS_SHOWN).map(visitItem) },
      { key: 'pages', title: text.pages, items: found(pages) },
      { key: 'commands', title: text.commands, items: found(commands) },
    ])
  }
  const kinds = (['dag', 'task', 'run'] as const).filter((kind) => typed.scope === null || typed.scope === kind)
  const sections = kinds.flatMap((kind) => hitSections(kind, known))
  return filled([
    ...sections,
    ...(typed.scope === null
      ? [
          ...settingSections(known),
          { key: 'pages', title: text.pages, items: found(pages) },
          { key: 'commands', title: text.commands, items: found(commands) },
        ]
      : []),
  ])
}

/** Hits of one kind: what was visited first, it is there at once; then the server's. What can be done with the first DAG follows. */
function hitSections(kind: HitKind, known: Known): Section[] {
  const { typed, visits, head } = known
  const local = visits
    .filter(
      (visit) =>
        visit.kind === kind && isMatch(visit.kind === 'dag' ? visit.id : `${visit.id} ${visit.dagId}`, typed.q),
    )
    .map(visitItem)
  const fromServer = known.found.hits
    .filter((hit) => hit.kind === kind && isMatch(`${hit.text} ${hit.id} ${hit.dag_id}`, typed.q))
    .map(hitItem)
  const states = new Map(fromServer.map((item) => [item.key, item]))
  const items = [
    ...local.map((item) => ({
      ...(states.get(item.key) ?? item),
      ...(item.href !== undefined && { href: item.href }),
    })),
    ...fromServer.filter((item) => !local.some((one) => one.key === item.key)),
  ].slice(0, HITS_MAX)
  if (kind !== 'dag') return [{ key: kind, title: kind === 'run' ? text.runs : text.tasks, items }]
  const first = items[0]?.hit
  const ofAll = known.dagCount === undefined ? {} : { more: text.of(String(items.length), String(known.dagCount)) }
  const section: Section = {
    key: 'dag',
    title: text.dags,
    ...ofAll,
    items: items.map((item, i) =>
      i === 0 && head && item.hit?.dag_id === head.dag_id ? { ...item, note: headNote(head, known.now) } : item,
    ),
  }
  return first
    ? [
        section,
        { key: 'do', title: text.doWith(first.dag_id), items: dagActions(first.dag_id, head, known.doing).slice(0, 4) },
      ]
    : [section]
}

/** What only operators find: the server tells nobody else. */
function settingSections({ typed, found }: Known): Section[] {
  const connections = found.connections
    .filter((one) => isMatch(`${one.id} ${one.description ?? ''}`, typed.q))
    .map(({ id, conn_type, description }): Item => ({
      key: `connection ${id}`,
      text: id,
      note: conn_type,
      icon: Plug,
      href: links.connection(id),
      ...(description !== null && { says: description }),
    }))
  const variables = found.variables
    .filter((key) => isMatch(key, typed.q))
    .map((key): Item => ({ key: `variable ${key}`, text: key, icon: Variable, href: links.variable(key) }))
  return [
    { key: 'connections', title: text.connections, items: connections },
    { key: 'variables', title: text.variables, items: variables },
  ]
}

/** What can be done with a hit. */
export function actionsOf(hit: Hit, head: DagHead | undefined, doing: Doing): Item[] {
  if (hit.kind === 'dag') return dagActions(hit.dag_id, head, doing)
  const dag: Item = { key: 'open dag', text: text.openDag(hit.dag_id), icon: Workflow, href: links.dag(hit.dag_id) }
  return [
    {
      key: 'open',
      text: hit.kind === 'run' ? text.openRun : text.openTask,
      icon: SquareArrowOutUpRight,
      href: hrefOf(hit),
    },
    dag,
  ]
}

function dagActions(dagId: string, head: DagHead | undefined, doing: Doing): Item[] {
  const known = head?.dag_id === dagId ? head : undefined
  const act: Item[] = []
  if (doing.mayAct) {
    act.push({ key: 'trigger', text: text.trigger, icon: Play, run: () => doing.trigger(dagId) })
    if (known)
      act.push({
        key: 'pause',
        text: known.is_paused ? text.resume : text.pause,
        icon: known.is_paused ? Power : Pause,
        run: () => doing.pause(dagId, !known.is_paused),
      })
  }
  return [
    ...act,
    { key: 'graph', text: text.graph, icon: Workflow, href: links.dag(dagId, 'graph') },
    { key: 'runs', text: text.dagRuns, icon: List, href: links.dag(dagId, 'runs') },
    { key: 'code', text: text.code, icon: Code, href: links.dag(dagId, 'code') },
    { key: 'grid', text: text.grid, icon: Table2, href: links.dag(dagId) },
  ]
}

function headNote(head: DagHead, now: number): string {
  const last = head.last_runs.at(-1)
  const running = last?.state === 'running' && last.start !== null ? text.running(duration(now - last.start)) : null
  return [running, head.is_paused ? text.paused : head.schedule].filter(Boolean).join(' · ')
}

function hitItem(hit: Hit): Item {
  return {
    key: `${hit.kind} ${hit.dag_id} ${hit.id}`,
    text: hit.text,
    state: hit.state,
    href: hrefOf(hit),
    hit,
    ...(hit.kind !== 'dag' && { where: text.inDag(hit.dag_id) }),
    ...(hit.state === null && { icon: HIT_ICONS[hit.kind] }),
  }
}

function visitItem(visit: Visit): Item {
  return {
    ...hitItem({ kind: visit.kind, dag_id: visit.dagId, id: visit.id, text: visit.id, state: null }),
    href: visit.href,
  }
}

function commandItem(command: Command): Item {
  const { key, label, icon, href, run } = command
  return { key: `command ${key}`, text: label, icon, ...(href !== undefined && { href }), ...(run && { run }) }
}

function listItem(list: NonNullable<ReturnType<typeof listOf>>): Item {
  const words = { tag: text.tagged, owner: text.ownedBy, state: text.runsInState }[list.kind]
  return { key: `list ${list.href}`, text: words(list.value), icon: List, href: list.href }
}
