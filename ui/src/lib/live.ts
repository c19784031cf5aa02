import type { QueryClient, QueryKey } from '@tanstack/react-query'
import type { Change } from '@/api/contract'
import { getJson } from './http'
import { createStore } from './store'
import { strings } from './strings'

const HIDDEN_STOP_MS = 60_000
const RETRY_FIRST_MS = 1_000
const RETRY_MAX_MS = 15_000
/** Between two rounds of reading again; one frame is the least, this keeps a busy server from being asked 60 times a second. */
const ROUND_GAP_MS = 200

export type LiveState = 'live' | 'reconnecting' | 'paused'
export interface LiveStatus {
  state: LiveState
  /** When the last word came from the server. */ heard: number
}

export const liveStatus = createStore<LiveStatus>({ state: 'reconnecting', heard: Date.now() })

/** What happened, for those who do not see it: said at most this often. */
const SAID_EVERY_MS = 10_000
export const said = createStore('')

/**
 * DAGs of which this page is deleting something. The stream tells before the answer comes, and a page that is about to
 * be left would ask for what is gone; whoever deletes reads again what stays.
 */
export const deleting = new Set<unknown>()

const isLeft = ([kind, dagId]: QueryKey) => (kind === 'dag' || kind === 'run') && deleting.has(dagId)

/** For an answer that depends on more than its key names: whether a change touches it. It goes into the query's `meta`. */
export interface Watching {
  touchedBy: (change: Change, data: unknown) => boolean
}

declare module '@tanstack/react-query' {
  interface Register {
    queryMeta: Partial<Watching>
  }
}

/** Whether a change makes the answer under this key old. */
export function isAffected(change: Change, key: QueryKey): boolean {
  const [kind, dagId, runId] = key
  const dagTouched = () => change.dags.length > 0 || change.runs.length > 0 || change.many
  switch (kind) {
    case 'nav':
      return dagTouched() || change.import_errors
    case 'home':
      return dagTouched() || change.import_errors || change.pools
    case 'dags':
    case 'views':
      return dagTouched() || change.import_errors
    case 'runs':
      return change.runs.length > 0 || change.many
    // What people did is logged with what it changed.
    case 'events':
      return dagTouched() || change.task_runs.length > 0 || change.import_errors || change.pools
    case 'import-errors':
      return change.import_errors
    // Slots change hands with every task.
    case 'pools':
      return change.pools || change.task_runs.length > 0 || change.many
    case 'start':
      return change.dags.length > 0
    case 'dag':
      return (
        change.many ||
        change.dags.some((id) => id === dagId) ||
        change.runs.some((run) => run.dag_id === dagId) ||
        change.task_runs.some((run) => run.dag_id === dagId)
      )
    case 'run': {
      const same = (run: { dag_id: string; run_id: string }) => run.dag_id === dagId && run.run_id === runId
      return change.many || change.runs.some(same) || change.task_runs.some(same)
    }
    default:
      return false
  }
}

/**
 * One event stream for the whole page. A round reads again what the changes since the last round touched; rounds
 * follow each other, so a change that arrives during one is read by the next and a busy stream starves nobody.
 */
export class LiveStream {
  private source: EventSource | null = null
  private since: number | null = null
  private pending: Change[] = []
  private resetPending = false
  private roundRuns = false
  private retryMs = RETRY_FIRST_MS
  private retryTimer: ReturnType<typeof setTimeout> | undefined
  private hiddenTimer: ReturnType<typeof setTimeout> | undefined
  private wanted = false
  private failedRuns = 0
  private sayTimer: ReturnType<typeof setTimeout> | undefined

  private readonly client: QueryClient

  constructor(client: QueryClient) {
    this.client = client
  }

  start(): void {
    this.wanted = true
    document.addEventListener('visibilitychange', this.onVisibility)
    this.connect()
  }

  stop(): void {
    this.wanted = false
    document.removeEventListener('visibilitychange', this.onVisibility)
    clearTimeout(this.hiddenTimer)
    clearTimeout(this.sayTimer)
    this.sayTimer = undefined
    this.disconnect()
  }

  /** By the user: the mark in the top bar. */
  togglePause(): void {
    if (liveStatus.get().state === 'paused') this.connect()
    else {
      this.disconnect()
      this.tell('paused')
    }
  }

  private readonly onVisibility = (): void => {
    clearTimeout(this.hiddenTimer)
    if (document.hidden) this.hiddenTimer = setTimeout(() => this.disconnect(), HIDDEN_STOP_MS)
    else if (this.source === null && liveStatus.get().state !== 'paused') this.connect()
  }

  private connect(): void {
    this.disconnect()
    if (!this.wanted) return
    this.tell('reconnecting', false)
    const since = this.since ?? oldestVersion(this.client)
    const source = new EventSource(since === null ? '/ui/events' : `/ui/events?since=${String(since)}`)
    this.source = source
    source.addEventListener('open', () => {
      this.retryMs = RETRY_FIRST_MS
      this.tell('live')
    })
    source.addEventListener('change', (event: MessageEvent<string>) => {
      const change = JSON.parse(event.data) as Change
      this.since = change.version
      this.pending.push(change)
      this.say(change)
      this.tell('live')
      this.schedule()
    })
    source.addEventListener('reset', (event: MessageEvent<string>) => {
      this.since = (JSON.parse(event.data) as { version: number }).version
      this.resetPending = true
      this.tell('live')
      this.schedule()
    })
    source.addEventListener('error', () => {
      if (this.source !== source) return
      this.disconnect()
      this.tell('reconnecting', liveStatus.get().state === 'live')
      this.retryTimer = setTimeout(() => void this.retry(), this.retryMs)
      this.retryMs = Math.min(this.retryMs * 2, RETRY_MAX_MS)
    })
  }

  /** An event stream does not say why it ended: ask for the session first, so that its end leads to the log-in page. */
  private async retry(): Promise<void> {
    try {
      await getJson('/ui/nav')
    } catch {
      // Not reachable or not logged in; the former is tried again below, the latter ends this stream.
    }
    if (this.wanted && liveStatus.get().state !== 'paused' && !document.hidden) this.connect()
  }

  private disconnect(): void {
    clearTimeout(this.retryTimer)
    this.source?.close()
    this.source = null
  }

  private say(change: Change): void {
    this.failedRuns += change.runs.filter((run) => run.state === 'failed').length
    if (this.failedRuns === 0 || this.sayTimer !== undefined) return
    this.sayTimer = setTimeout(() => {
      said.set(strings.live.failed(this.failedRuns))
      this.failedRuns = 0
      this.sayTimer = undefined
    }, SAID_EVERY_MS)
  }

  private tell(state: LiveState, heard = true): void {
    const last = liveStatus.get()
    const now = Date.now()
    if (last.state === state && now - last.heard < 1_000) return
    liveStatus.set({ state, heard: heard ? now : last.heard })
  }

  private schedule(): void {
    if (this.roundRuns) return
    this.roundRuns = true
    requestAnimationFrame(() => void this.round())
  }

  private hasPending(): boolean {
    return this.pending.length > 0 || this.resetPending
  }

  private async round(): Promise<void> {
    const changes = this.pending
    const reset = this.resetPending
    this.pending = []
    this.resetPending = false
    try {
      await this.client.invalidateQueries({
        predicate: ({ queryKey, meta, state }) =>
          queryKey[0] !== 'session' &&
          !isLeft(queryKey) &&
          (reset ||
            changes.some((change) => isAffected(change, queryKey) || meta?.touchedBy?.(change, state.data) === true)),
      })
    } finally {
      await new Promise((resolve) => setTimeout(resolve, ROUND_GAP_MS))
      this.roundRuns = false
      if (this.hasPending()) this.schedule()
    }
  }
}

/** Where a first stream has to begin so that nothing between a snapshot and the stream is lost. */
export function oldestVersion(client: QueryClient): number | null {
  const versions = client
    .getQueryCache()
    .getAll()
    .flatMap((query) => versionsIn(query.state.data))
  return versions.length === 0 ? null : Math.min(...versions)
}

function versionsIn(data: unknown): number[] {
  if (typeof data !== 'object' || data === null) return []
  if ('pages' in data && Array.isArray(data.pages)) return data.pages.flatMap(versionsIn)
  return 'version' in data && typeof data.version === 'number' ? [data.version] : []
}
