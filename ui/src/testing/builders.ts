import type {
  Attempt,
  Blocker,
  DagHead,
  DagRow,
  GridRun,
  Holder,
  InstanceHolder,
  RunBar,
  RunFacts,
  TaskEvent,
  TaskInstanceDetail,
  TaskProfile,
  Timeline,
  TimelineRow,
  TreeNode,
} from '@/api/contract'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
/** Thu 19 Nov 2026, 09:42:18 UTC: "now" in the drawings. */
export const DRAWN_NOW = Date.UTC(2026, 10, 19, 9, 42, 18)

/** Builders give a valid value; a test names only what it is about. */
export function aRunBar(over: Partial<RunBar> = {}): RunBar {
  const start = over.start === undefined ? DRAWN_NOW - HOUR : over.start
  return {
    run_id: 'scheduled__2026-11-19T08:15:00+00:00',
    state: 'success',
    run_type: 'scheduled',
    run_after: DRAWN_NOW - HOUR,
    start,
    end: start === null ? null : start + 45 * MINUTE,
    ...over,
  }
}

export function aDagRow(over: Partial<DagRow> = {}): DagRow {
  const dagId = over.dag_id ?? 'orders'
  return {
    dag_id: dagId,
    display_name: dagId,
    is_paused: false,
    tags: [],
    owners: ['airflow'],
    schedule: 'Every hour',
    next_run_after: DRAWN_NOW + 18 * MINUTE,
    last_runs: [aRunBar()],
    active_runs: 0,
    typical_duration: 45 * MINUTE,
    has_import_errors: false,
    is_favourite: false,
    ...over,
  }
}

export function aDagHead(over: Partial<DagHead> = {}): DagHead {
  return {
    ...aDagRow(over),
    version: 1,
    description: null,
    doc_md: null,
    latest_version_number: 1,
    total_runs: { count: 1, or_more: false },
    max_active_runs: 16,
    max_active_tasks: 16,
    catchup: false,
    fileloc: 'orders.py',
    bundle_name: 'dags',
    timetable: 'CronTriggerTimetable',
    start_date: DRAWN_NOW - 400 * 24 * HOUR,
    end_date: null,
    ...over,
  }
}

export function aTreeNode(over: Partial<TreeNode> = {}): TreeNode {
  const id = over.id ?? 'load'
  return {
    id,
    label: id.split('.').at(-1) ?? id,
    kind: 'task',
    parent: null,
    operator: 'PythonOperator',
    is_mapped: false,
    is_setup: false,
    is_teardown: false,
    trigger_rule: 'all_success',
    tooltip: null,
    ...over,
  }
}

export function aGridRun(over: Partial<GridRun> = {}): GridRun {
  return {
    ...aRunBar(over),
    logical_date: over.run_after ?? DRAWN_NOW - HOUR,
    version_number: 1,
    cells: ['success'],
    ...over,
  }
}

export function aRunFacts(over: Partial<RunFacts> = {}): RunFacts {
  const bar = aRunBar(over)
  return {
    ...bar,
    dag_id: 'orders',
    logical_date: bar.run_after,
    data_interval_start: bar.run_after - HOUR,
    data_interval_end: bar.run_after,
    queued: bar.run_after,
    conf: {},
    note: null,
    triggered_by: 'timetable',
    triggering_user: null,
    version_number: 1,
    typical_duration: 45 * MINUTE,
    counts: { success: 1 },
    ...over,
  }
}

export function anAttempt(over: Partial<Attempt> = {}): Attempt {
  return {
    try_number: 1,
    state: 'success',
    queued: DRAWN_NOW - 20 * MINUTE,
    start: DRAWN_NOW - 19 * MINUTE,
    end: DRAWN_NOW - 9 * MINUTE,
    exit_status: 0,
    reason: null,
    hostname: 'worker-07',
    pid: 4_711,
    user_cpu: 41_200,
    system_cpu: 3_100,
    max_rss_bytes: 2 ** 30,
    usage: null,
    ...over,
  }
}

export function aTaskEvent(over: Partial<TaskEvent> = {}): TaskEvent {
  return {
    id: 1,
    at: DRAWN_NOW - 9 * MINUTE,
    event: 'failed',
    owner: null,
    of: 'instance',
    try_number: 1,
    detail: null,
    ...over,
  }
}

export function aTaskInstance(over: Partial<TaskInstanceDetail> = {}): TaskInstanceDetail {
  return {
    version: 1,
    dag_id: 'orders',
    run_id: 'scheduled__2026-11-19T08:15:00+00:00',
    task_id: 'load',
    map_index: -1,
    run: aRunBar(),
    state: 'success',
    label: null,
    operator: 'PythonOperator',
    pool: 'default_pool',
    pool_slots: 1,
    queue: 'default',
    priority_weight: 1,
    trigger_rule: 'all_success',
    max_tries: 0,
    try_number: 1,
    queued: null,
    start: null,
    end: null,
    not_before: null,
    execution_timeout: null,
    retry_delay: 5 * MINUTE,
    attempts: [],
    rendered_fields: null,
    templates: null,
    xcoms: [],
    upstream: [],
    downstream: [],
    mapped: null,
    history: [],
    version_number: 1,
    ...over,
  }
}

export function aTimelineRow(node: number, over: Partial<TimelineRow> = {}): TimelineRow {
  return { node, cell: 'success', segments: [], start: null, end: null, ...over }
}

export function aTaskProfile(over: Partial<TaskProfile> = {}): TaskProfile {
  return {
    task_id: 'load',
    from: 0,
    to: 400,
    step: 100,
    running: [1, 4, 4, 2],
    at_most: 4,
    retries: 0,
    failed: [],
    delays: [],
    ran: 100,
    ran_max: 300,
    queued: 10,
    ...over,
  }
}

export function aTimeline(over: Partial<Timeline> = {}): Timeline {
  return {
    version: 1,
    now: DRAWN_NOW,
    run: aRunFacts(),
    tree: [aTreeNode()],
    pools: [{ pool: 'default_pool', nodes: [0] }],
    rows: [aTimelineRow(0)],
    critical_path: [],
    ...over,
  }
}

export function aBlocker(over: Partial<Blocker> = {}): Blocker {
  return {
    kind: 'run_queued',
    message: 'its run has not started',
    until: null,
    usage: null,
    place: null,
    holders: [],
    holders_total: over.holders?.length ?? 0,
    ahead: null,
    ...over,
  }
}

/** One that holds a slot. */
export function aHolder(over: Partial<InstanceHolder> = {}): Holder {
  return {
    type: 'task_instance',
    dag_id: 'orders',
    run_id: 'r1',
    task_id: 'load',
    map_index: -1,
    state: 'running',
    queued: DRAWN_NOW - 2 * MINUTE,
    start: DRAWN_NOW - MINUTE,
    slots: 1,
    ...over,
  }
}
