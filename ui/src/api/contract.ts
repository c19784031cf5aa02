// What the server's /ui plane answers. Times are milliseconds since the epoch (UTC); durations are milliseconds.

export type TaskState =
  | 'failed' | 'upstream_failed' | 'up_for_retry' | 'awaiting_input' | 'restarting' | 'running' | 'deferred'
  | 'up_for_reschedule' | 'queued' | 'scheduled' | 'none' | 'skipped' | 'removed' | 'success'
export type RunState = 'queued' | 'running' | 'success' | 'failed'
export type RunType = 'scheduled' | 'manual' | 'backfill' | 'asset_triggered' | 'operator_triggered'
export type Role = 'viewer' | 'user' | 'op' | 'admin'

/** `POST /ui/session` {username, password} sets a cookie and answers this; `GET /ui/session` too; `DELETE` ends it. */
export interface Session { username: string; role: Role; server_version: string }

/** `GET /ui/nav`: the counts beside the names in the navigation, and health in its foot. */
export interface Nav { version: number; dags: number; active_runs: number; import_errors: number; scheduler: 'healthy' | 'unhealthy' }

export interface RunBar {
  run_id: string; state: RunState; run_type: RunType; run_after: number; start: number | null; end: number | null
}

export interface DagRow {
  dag_id: string; display_name: string; is_paused: boolean; tags: string[]; owners: string[]
  /** In words, in the DAG's zone: "Every hour at :15"; null = only by hand. */
  schedule: string | null
  next_run_after: number | null
  /** At most 14, oldest first. */
  last_runs: RunBar[]
  active_runs: number
  /** Median duration of the successful runs among the last 14. */
  typical_duration: number | null
  has_import_errors: boolean
}
/** `GET /ui/dags?q=&view=all|active|paused|failing|running&tag=&owner=&sort=dag_id|-last_run&limit=&cursor=` */
export interface DagPage {
  version: number; dags: DagRow[]; next_cursor: string | null; total: number
  counts: { all: number; active: number; paused: number; failing: number; running: number }
}

/** `GET /ui/dags/{dag_id}` */
export interface DagHead extends DagRow {
  version: number; description: string | null; doc_md: string | null; latest_version_number: number
  total_runs: number; max_active_runs: number; max_active_tasks: number; catchup: boolean
  fileloc: string; bundle_name: string; timetable: string; start_date: number | null; end_date: number | null
}

export type NodeKind = 'task' | 'group'
export interface TreeNode {
  /** Task id or group id; unique in the tree. */
  id: string; label: string; kind: NodeKind
  /** Index of the parent in the tree; null = top level. Parents come before their children. */
  parent: number | null
  operator: string | null; is_mapped: boolean; is_setup: boolean; is_teardown: boolean; trigger_rule: string | null
  tooltip: string | null
}
/** null: the task did not exist; a state: one instance; counts: a mapped task or a group. */
export type Cell = null | TaskState | { counts: Partial<Record<TaskState, number>> }
export interface GridRun extends RunBar { logical_date: number | null; version_number: number | null; cells: Cell[] }
/** `GET /ui/dags/{dag_id}/grid?runs=36&before={run_after}&run_type=&state=`; runs oldest first, cells in tree order. */
export interface Grid { version: number; tree: TreeNode[]; runs: GridRun[]; total_runs: number; has_older: boolean }

export interface Edge { from: string; to: string; label: string | null; is_setup_teardown: boolean }
/** `GET /ui/dags/{dag_id}/graph?run_id=`: cells in tree order for that run; empty without a run. */
export interface Graph { version: number; tree: TreeNode[]; edges: Edge[]; cells: Cell[] }

/** `GET /ui/dags/{dag_id}/versions` and `GET /ui/dags/{dag_id}/versions/{number}` */
export interface VersionRow { version_number: number; created: number; runs: number }
export interface VersionList { versions: VersionRow[] }
export interface VersionSource { version_number: number; created: number; source: string | null }

export interface RunFacts extends RunBar {
  dag_id: string; logical_date: number | null; data_interval_start: number | null; data_interval_end: number | null
  queued: number | null; conf: unknown; note: string | null; triggered_by: string | null; triggering_user: string | null
  version_number: number | null; typical_duration: number | null
  counts: Partial<Record<TaskState, number>>
}
/** `GET /ui/runs?state=&dag_id=&run_type=&limit=&cursor=`, newest first. */
export interface RunPage { version: number; runs: (RunFacts)[]; next_cursor: string | null; total: number }

export type SegmentKind = 'slot' | 'queued' | 'run' | 'failed' | 'delay' | 'deferred' | 'reschedule'
export interface Segment { kind: SegmentKind; from: number; to: number | null }
export interface TimelineRow {
  /** Index in the tree. */
  node: number; cell: Cell; segments: Segment[]
  /** For a mapped task or a group: when its first instance began and its last one ended. */
  start: number | null; end: number | null
}
/** `GET /ui/runs/{dag_id}/{run_id}/timeline` */
export interface Timeline {
  version: number; now: number; run: RunFacts; tree: TreeNode[]; rows: TimelineRow[]
  /** Task ids from first to last: the chain of upstream tasks that decided the end. */
  critical_path: string[]
}

/** `GET /ui/explain/{dag_id}/{run_id}/{task_id}/{map_index}`; empty: nothing holds it. */
export interface Blocker { kind: string; message: string; until: number | null }
export interface Explanation { version: number; blockers: Blocker[] }

export interface Attempt {
  try_number: number; state: TaskState; queued: number | null; start: number | null; end: number | null
  /** Exit code; negative: the signal that ended it. */
  exit_status: number | null
  /** Why it ended as it did, in words. */
  reason: string | null
  hostname: string | null; pid: number | null
  user_cpu: number | null; system_cpu: number | null; max_rss_bytes: number | null
  /** Over time, while it runs too; null for an attempt of a moment, and where nobody sampled it. */
  usage: UsageSeries | null
}
/**
 * What an attempt and all it started used. `interval` is in milliseconds, the first point is one interval after the
 * start, the last may stand for less. A point has the mean share of CPU and the peak of resident memory. At most 120
 * points: the longer the attempt, the longer the interval.
 */
export interface UsageSeries { interval: number; points: [cpu_cores: number, rss_bytes: number][] }
export interface XComHead { key: string; type: string; preview: string; bytes: number }
export interface MappedInstance { map_index: number; label: string | null; state: TaskState; duration: number | null; reason: string | null }
/** `GET /ui/task-instances/{dag_id}/{run_id}/{task_id}?map_index=` (-1 = the task itself, for a mapped one its summary) */
export interface TaskInstanceDetail {
  version: number; dag_id: string; run_id: string; task_id: string; map_index: number; run: RunBar
  state: TaskState; label: string | null; operator: string; pool: string; pool_slots: number; queue: string
  priority_weight: number; trigger_rule: string; max_tries: number; try_number: number
  queued: number | null; start: number | null; end: number | null; not_before: number | null
  execution_timeout: number | null; retry_delay: number | null
  attempts: Attempt[]
  rendered_fields: Record<string, unknown> | null
  xcoms: XComHead[]
  upstream: string[]; downstream: string[]
  /** Present for a mapped task asked without an index. */
  mapped: { total: number; counts: Partial<Record<TaskState, number>>; failed: MappedInstance[] } | null
  /** Durations of this task in the last 36 runs, oldest first. */
  history: { run_id: string; state: TaskState; duration: number | null }[]
  version_number: number | null
}
/** `GET /ui/task-instances/{dag_id}/{run_id}/{task_id}/mapped?offset=&limit=` */
export interface MappedPage { total: number; instances: MappedInstance[] }

export interface LogLine {
  /** From 1. */
  n: number; time: number | null; level: string | null; source: 'log' | 'stdout' | 'stderr' | 'supervisor'; text: string
  /** A traceback or more fields, already as text lines. */
  detail: string[]
}
/** `GET /ui/logs/{dag_id}/{run_id}/{task_id}/{try_number}?map_index=&from=1&lines=500`; from=-1 is the tail. */
export interface LogBlock { total: number; complete: boolean; lines: LogLine[] }
/**
 * `GET …/search?q=&level=`: the lines that hold the text, in whatever case, also in their detail, and have this level:
 * `debug`, `info`, `warning`, or `error`, which includes what is worse. Ascending; `truncated` when there are more than
 * it lists, `total` counts all.
 */
export interface LogMatches { lines: number[]; total: number; truncated: boolean }

export interface ImportErrorRow {
  id: number; file: string; bundle_name: string; seen: number; kind: string; message: string; line: number | null
  /** Source lines around the place. */
  code: { line: number; text: string }[]
  traceback: string
  /** DAGs of the file whose last good version still runs. */
  dags: { dag_id: string; version_number: number }[]
}
/** `GET /ui/import-errors` */
export interface ImportErrorPage { version: number; errors: ImportErrorRow[]; total: number; files: number }

export interface Bucket { start: number; success: number; failed: number; running: number }
export interface FailedRun { dag_id: string; run_id: string; task_id: string | null; map_index: number; reason: string | null; try_number: number; end: number }
/** `GET /ui/home?hours=24` */
export interface Home {
  version: number; now: number; has_dags: boolean
  health: {
    scheduler: 'healthy' | 'unhealthy'; running: number; slots: number; queued: number; oldest_queued: number | null
    deferred: number; dag_files: number; import_errors: number
  }
  activity: Bucket[]
  failed_runs: { total: number; rows: FailedRun[] }
  import_errors: { total: number; rows: { id: number; file: string; message: string; line: number | null; seen: number }[] }
  next_runs: { run_after: number; dag_id: string; schedule: string | null; typical_duration: number | null }[]
  longest_running: { dag_id: string; run_id: string; start: number; typical_duration: number | null }[]
  last_failure: number | null
}

/** `GET /ui/start`: the first start. */
export interface Start { has_dags: boolean; server: 'ready'; python: { state: 'starting' | 'ready' | 'failed'; text: string }; dag_folders: string[] }

/** `GET /ui/dags/{dag_id}/trigger-form` */
export interface TriggerForm {
  dag_id: string
  params: { name: string; value: unknown; schema: Record<string, unknown>; description: string | null }[]
  recent: { run_id: string; conf: unknown }[]
  active_runs: number; max_active_runs: number; is_paused: boolean
}

/** `GET /ui/search?q=` */
export interface Hit { kind: 'dag' | 'task' | 'run'; dag_id: string; id: string; text: string; state: TaskState | RunState | null }
export interface SearchResult { hits: Hit[] }

/** `GET /ui/events?since={version}`, server-sent. `event: change` with this, `event: reset` with {version}. */
export interface Change {
  version: number
  runs: { dag_id: string; run_id: string; state: RunState | null }[]
  /** Runs of which task instances changed; at most 200, else `many` is true. */
  task_runs: { dag_id: string; run_id: string }[]
  dags: string[]; import_errors: boolean; pools: boolean; many: boolean
}

/** Every refusal: status 4xx or 5xx with Airflow's shape. */
export interface Problem { detail: string | { loc: string[]; msg: string; type: string }[] }
