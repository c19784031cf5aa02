import type { LogBlock, LogLine, LogMatches } from '@/api/contract'

type Drawn = [level: string, clock: string, text: string, detail?: string[]]
const START = 9 * 3_600 + 38 * 60 + 55.021

/** The log of the drawing: two groups, a traceback, warnings, and a task that prints. */
const DRAWN: Drawn[] = [
  ['info', '09:38:55.021', '::group::Start-up: DAG file, template, connections'],
  ...[
    'DAG bundle dags at 9f3c1ab',
    'Interpreter 3.12.7 from a warm template, 21 ms',
    'File payments/ledger.py, 41 imports',
    'Task stage.load_raw',
    'Connection snowflake_default',
    'Connection s3_lake',
    'Variable load_chunk',
    'XCom list_files.return_value, 96 values',
    'Map index 37',
    'Try 3 of 4',
    'Pool warehouse, 1 slot',
    'Queue default',
    'Timeout 15 minutes',
    'Rendered 6 fields',
    'Callbacks: on_failure',
    'Ready',
  ].map((text): Drawn => ['info', '09:38:55.1', text]),
  ['info', '09:38:55.2', '::endgroup::'],
  ['info', '09:38:55.204', 'Copying s3://lake-landing/2026-11-19/eu-west/payments_037.parquet into RAW.PAYMENTS'],
  ['info', '09:38:55.611', 'Connected to snowflake account ab12345.eu-central-1 as TRANSFORMER'],
  ['debug', '09:38:55.640', 'Session parameters: QUERY_TAG=payments_ledger_hourly.load_raw, TIMEZONE=UTC'],
  ['info', '09:38:56.102', 'Read schema: 42 columns, 11 row groups, 184,232 rows'],
  ['info', '09:38:58.880', 'Row group  1 of 11, 16,748 rows, memory 512 MiB'],
  ['info', '09:39:07.412', 'Row group  2 of 11, 16,748 rows, memory 688 MiB'],
  ['out', '09:39:07.413', 'batch=2 elapsed=8.53 rows_per_s=1963'],
  ['warning', '09:39:15.930', 'Row group 3: 12 rows with a null payment_id moved to RAW.PAYMENTS_REJECTED'],
  ['info', '09:39:16.377', 'Row group  3 of 11, 16,736 rows, memory 811 MiB'],
  ['info', '09:39:25.018', 'Row group  4 of 11, 16,748 rows, memory 954 MiB'],
  ['out', '09:39:25.020', 'batch=4 elapsed=8.64 rows_per_s=1938'],
  [
    'error',
    '09:39:31.554',
    'COPY failed for row group 5, will be sent again (1 of 3)',
    [
      'Traceback (most recent call last):',
      '  File "/opt/dags/payments/load.py", line 118, in copy_group',
      '    cur.execute(COPY_SQL, {"file": part.uri, "group": n})',
      'OperationalError: 000625 (57014): statement reached its lock timeout of 5 s',
    ],
  ],
  ['info', '09:39:33.560', 'Row group  5 of 11, 16,748 rows, memory 1,102 MiB'],
  ['info', '09:39:42.031', 'Row group  6 of 11, 16,748 rows, memory 1,214 MiB'],
  ['info', '09:39:42.033', '::group::Spill to disk'],
  ['info', '09:39:42.090', 'Arrow pool over 1.2 GiB, writing 3 partitions to /tmp/attempt/spill'],
  ['warning', '09:39:44.870', 'Wrote 402 MiB in 2.78 s, the disk is 81 % full, see https://runbooks.example/spill'],
  ['info', '09:39:44.871', '::endgroup::'],
  ['info', '09:39:53.204', 'Row group  7 of 11, 16,748 rows, memory 1,338 MiB'],
  ['warning', '09:41:58.471', 'Warehouse LOAD_M is queueing statements, waited 1m 52s'],
  ['info', '09:42:07.020', 'Row group  8 of 11, 16,748 rows, memory 1,402 MiB'],
  ['out', '09:42:07.022', 'batch=8 elapsed=8.71 rows_per_s=1922'],
  ['info', '09:42:16.214', 'Row group  9 of 11, 16,748 rows, memory 1,411 MiB'],
  ['out', '09:42:16.216', 'batch=9 elapsed=8.66 rows_per_s=1933'],
  ['debug', '09:42:16.301', 'Warehouse LOAD_M: 0 queued, 3 running'],
  [
    'info',
    '09:42:16.305',
    '\u001b[32mProgress 150,732 of 184,232 rows\u001b[0m, 82 %, about 18 s to go <script>alert(1)</script>',
  ],
  ['debug', '09:42:16.940', 'Heartbeat acknowledged in 2 ms'],
]

const BULK_LINES = 1_000_000

/** A log by line: drawn, or of a million lines that are made when they are asked for. */
interface FakeLog {
  total: number
  complete: boolean
  line: (n: number) => LogLine
  find: (q: string, level: string) => number[]
}

const FOUND_MAX = 10_000

function drawnLog(start: number): FakeLog {
  const lines = DRAWN.map(([level, clock, text, detail = []], i): LogLine => {
    const [h = 0, m = 0, s = 0] = clock.split(':').map(Number)
    const printed = level === 'out'
    return {
      n: i + 1,
      time: start + Math.round((h * 3_600 + m * 60 + s - START) * 1_000),
      level: printed ? 'info' : level,
      source: printed ? 'stdout' : 'log',
      text,
      detail,
    }
  })
  return {
    total: lines.length,
    complete: false,
    line: (n) => lines[n - 1] ?? { n, time: null, level: null, source: 'log', text: '', detail: [] },
    find: (q, level) => lines.filter((line) => matches(line, q, level)).map((line) => line.n),
  }
}

function bulkLog(start: number): FakeLog {
  const line = (n: number): LogLine => {
    const level = n % 199_999 === 0 ? 'error' : n % 5_003 === 0 ? 'warning' : 'info'
    return {
      n,
      time: start + n * 37,
      level,
      source: n % 4 === 0 ? 'stdout' : 'log',
      text: `row ${String(n)} of ${String(BULK_LINES)}: key=${((n * 2_654_435_761) % 4_294_967_296).toString(16)} checked`,
      detail:
        level === 'error'
          ? [
              'Traceback (most recent call last):',
              `  File "check.py", line ${String(n % 97)}, in check`,
              `ValueError: row ${String(n)} has no key`,
            ]
          : [],
    }
  }
  return {
    total: BULK_LINES,
    complete: true,
    line,
    find: (q, level) => {
      const found: number[] = []
      for (let n = 1; n <= BULK_LINES && found.length <= FOUND_MAX; n += 1)
        if (matches(line(n), q, level)) found.push(n)
      return found
    },
  }
}

/** A log that grows by four lines a second. */
function growingLog(start: number): FakeLog {
  const line = (n: number): LogLine => ({
    n,
    time: start + n * 250,
    level: n % 40 === 0 ? 'warning' : 'info',
    source: 'log',
    text: `chunk ${String(n)} written`,
    detail: [],
  })
  const total = Math.floor((Date.now() - start) / 250)
  return {
    total,
    complete: false,
    line,
    find: (q, level) =>
      Array.from({ length: total }, (_, i) => line(i + 1))
        .filter((one) => matches(one, q, level))
        .map((one) => one.n),
  }
}

function matches(line: LogLine, q: string, level: string): boolean {
  return (
    (q === '' || [line.text, ...line.detail].some((text) => text.toLowerCase().includes(q.toLowerCase()))) &&
    (level === '' || line.level === level)
  )
}

function logOf(taskId: string, start: number): FakeLog {
  if (taskId === 'extract.check_counts') return bulkLog(start)
  if (taskId === 'transform.dim_product') return growingLog(start)
  if (taskId === 'extract.open_session')
    return {
      total: 0,
      complete: true,
      line: (n) => ({ n, time: null, level: null, source: 'log', text: '', detail: [] }),
      find: () => [],
    }
  return drawnLog(start)
}

export function fakeLog(taskId: string, start: number, query: URLSearchParams): LogBlock {
  const { total, complete, line } = logOf(taskId, start)
  const count = Number(query.get('lines') ?? 500)
  const wanted = Number(query.get('from') ?? 1)
  const from = wanted < 0 ? Math.max(1, total - count + 1) : wanted
  return {
    total,
    complete,
    lines: Array.from({ length: Math.max(0, Math.min(count, total - from + 1)) }, (_, i) => line(from + i)),
  }
}

export function fakeSearch(taskId: string, start: number, query: URLSearchParams): LogMatches {
  const found = logOf(taskId, start).find(query.get('q') ?? '', query.get('level') ?? '')
  return { lines: found.slice(0, FOUND_MAX), total: found.length, truncated: found.length > FOUND_MAX }
}
