import type { BlockerKind } from '@/api/contract'

/** How many tasks of something, in words where it is few. */
const goFirst = (n: number, most: number) =>
  n >= most
    ? `${most.toLocaleString('en-GB')} tasks or more go first`
    : n === 1
      ? 'One task goes first'
      : `${String(n)} tasks go first`

export const why = {
  waiting: (task: string) => `Why is ${task} waiting?`,
  ended: (task: string) => `Why did ${task} not run?`,
  since: (state: string, text: string) => `${state} for ${text}`,
  nothing: 'Nothing holds it, it starts now',
  until: (text: string) => `until ${text}`,
  order: 'In the order in which they have to clear',
  title: 'Why waiting',
  done: 'It waits for nothing any more.',

  /** What is the matter; `pool` is the name of the pool that it is about. */
  titles: {
    paused: () => 'The DAG is paused',
    stale: () => 'No file defines the DAG any more',
    import_error: () => 'Its file has an import error',
    no_schedule: () => 'Nothing is scheduled',
    schedule: () => 'The next run is not due',
    run_after: () => 'The run is not due',
    max_active_runs: () => 'The DAG has no room for another run',
    run_queued: () => 'Its run has not started',
    unfinished: () => 'Task instances are not finished',
    retry_delay: () => 'The next try comes later',
    reschedule: () => 'The sensor looks again later',
    previous_run: () => 'The previous run goes first',
    expansion: () => 'What it is mapped over is not finished',
    upstream: () => 'Tasks before it are not finished',
    no_pool: (pool) => `Pool ${pool} does not exist`,
    pool_too_small: (pool) => `Pool ${pool} is too small`,
    pool_full: (pool) => `Pool ${pool} is full`,
    max_active_tasks: () => 'Its run has no free place',
    task_limit: () => 'The task is at its own limit',
    parallelism: () => 'The server has no free place',
    executor: () => 'A worker has to take it',
    running: () => 'It is running',
    restarting: () => 'Its process has to end',
    waiting: () => 'It waits without a worker',
    success: () => 'It ended well',
    failed: () => 'It failed',
    skipped: () => 'It was skipped',
    upstream_failed: () => 'Something before it failed',
    removed: () => 'It was removed',
  } satisfies Record<BlockerKind, (pool: string) => string>,
  unpause: 'It starts nothing until it is resumed.',
  makePool: 'Create it, or name another one in the task.',

  slotsOf: (used: string, limit: string) => `${used} of ${limit} slots`,
  ownShare: (n: string) => `${n} this run`,
  dagShare: (n: string, dag: string) => `${n} ${dag}`,
  restShare: (n: string) => `${n} others`,
  freeShare: (n: string) => `${n} free`,
  goFirst,

  holders: 'Held by',
  toCome: 'Has to finish',
  inRun: (task: string) => `${task}, this run`,
  ofDag: (dag: string, task: string) => `${dag} · ${task}`,
  state: (label: string) => label.toLowerCase(),
  stateFor: (state: string, time: string) => `${state} ${time}`,
  progress: (done: string, total: string) => `${done} of ${total}`,
  active: (n: string) => `${n} active`,
  takes: (n: number) => `${String(n)} slots`,
  showMore: (n: string) => `${n} more`,
  showFewer: 'Fewer',
  unlisted: (n: string) => `and ${n} more that are not listed`,

  openPool: (pool: string) => `Open pool ${pool}`,
  openDag: 'Open the DAG',
  openRun: 'Open the run',
  openTask: (task: string) => `Open ${task}`,

  met: (n: number) => (n === 1 ? '1 condition met' : `${String(n)} conditions met`),
}
