import type { ConnectionHit, UsedBy } from '@/api/contract'
import { Refusal, type Route } from './refusal'

/** Airflow's shapes of pools, connections and variables, kept in memory. Connections and variables hide what is secret. */
interface Kept {
  [field: string]: unknown
}
const HIDDEN = '***'

let pools: Kept[] = []
let connections: Kept[] = []
let variables: Kept[] = []

export function resetAdmin(): void {
  pools = [
    pool('default_pool', 128, 'Tasks that name no pool', { running: 96, queued: 8, scheduled: 12, deferred: 1_190 }),
    pool('gpu', 4, 'One slot per card', { running: 4, queued: 0, scheduled: 3, deferred: 0 }),
    pool(
      'warehouse',
      16,
      'Statements at the same time, agreed with the warehouse team',
      { running: 14, queued: 2, scheduled: 31, deferred: 14 },
      true,
    ),
    pool('unbounded', -1, null, { running: 102, queued: 0, scheduled: 0, deferred: 0 }),
  ]
  connections = [
    connection('lake_s3', 'aws', {
      description: 'Landing zone',
      login: 'AKIAEXAMPLE',
      password: HIDDEN,
      extra: '{"region_name": "eu-central-1"}',
    }),
    connection('partner_sftp', 'sftp', {
      host: 'sftp.partner.example',
      port: 22,
      login: 'tradewind',
      password: HIDDEN,
      extra: '{"key_passphrase": "***"}',
    }),
    connection('salesforce_default', 'salesforce', { login: 'sync@shop.example', password: HIDDEN, extra: null }),
    connection('warehouse', 'snowflake', {
      description: 'Marts and raw',
      host: 'ab12345.snowflake.example',
      login: 'ETL',
      password: HIDDEN,
      schema: 'MART',
      extra: '{"warehouse": "ETL_XS"}',
    }),
    connection('plain_http', 'http', { host: 'https://api.example.org', description: '<img src=x onerror=alert(1)>' }),
  ]
  variables = [
    variable('orders/shards', '48', 'Shards of the order export'),
    variable('api_token', HIDDEN, 'Token of the crawler'),
    variable('feature_flags', '{\n  "new_mart": true,\n  "token": "***"\n}', null),
    variable('greeting', '<script>alert("hi")</script>', 'Hostile on purpose'),
    ...Array.from({ length: 240 }, (_, i) =>
      variable(`region/${String(i + 1).padStart(3, '0')}`, `eu-${String(i % 9)}`, null),
    ),
  ]
}

function pool(
  name: string,
  slots: number,
  description: string | null,
  use: { running: number; queued: number; scheduled: number; deferred: number },
  deferred = false,
): Kept {
  const occupied = use.running + use.queued + (deferred ? use.deferred : 0)
  return {
    name,
    slots,
    description,
    include_deferred: deferred,
    occupied_slots: occupied,
    running_slots: use.running,
    queued_slots: use.queued,
    scheduled_slots: use.scheduled,
    deferred_slots: use.deferred,
    open_slots: slots === -1 ? -1 : slots - occupied,
    team_name: null,
  }
}

function connection(id: string, type: string, over: Kept): Kept {
  return {
    connection_id: id,
    conn_type: type,
    description: null,
    host: null,
    login: null,
    schema: null,
    port: null,
    password: null,
    extra: null,
    team_name: null,
    ...over,
  }
}

function variable(key: string, value: string, description: string | null): Kept {
  return { key, value, description, is_encrypted: true, team_name: null }
}

resetAdmin()

interface Kind {
  plural: string
  id: string
  pattern: string
  read: () => Kept[]
  write: (rows: Kept[]) => void
  make: (body: Kept) => Kept
}

const KINDS: Kind[] = [
  {
    plural: 'pools',
    id: 'name',
    pattern: 'pool_name_pattern',
    read: () => pools,
    write: (rows) => {
      pools = rows
    },
    make: (body) =>
      pool(
        String(body.name),
        Number(body.slots),
        (body.description as string | null) ?? null,
        { running: 0, queued: 0, scheduled: 0, deferred: 0 },
        body.include_deferred === true,
      ),
  },
  {
    plural: 'connections',
    id: 'connection_id',
    pattern: 'connection_id_pattern',
    read: () => connections,
    write: (rows) => {
      connections = rows
    },
    make: (body) => connection(String(body.connection_id), String(body.conn_type), body),
  },
  {
    plural: 'variables',
    id: 'key',
    pattern: 'variable_key_pattern',
    read: () => variables,
    write: (rows) => {
      variables = rows
    },
    make: (body) => variable(String(body.key), String(body.value), (body.description as string | null) ?? null),
  },
]

/** A host that ends in `.example` is reached. */
function tested(body: Kept): { status: boolean; message: string } {
  const { host, port, password } = body
  const stored = connections.find((row) => row.connection_id === body.connection_id)
  if (stored && (stored.host !== host || stored.port !== port) && (password === null || password === HIDDEN))
    throw new Refusal(400, 'Host or port are not those of the stored connection; enter the password to test with')
  if (typeof host === 'string' && host.endsWith('.example'))
    return { status: true, message: 'Connection successfully tested' }
  return { status: false, message: 'OSError: [Errno 111] Connection refused' }
}

export const connectionsNamed = (q: string): ConnectionHit[] =>
  connections
    .map(({ connection_id, conn_type, description }) => ({
      id: connection_id as string,
      conn_type: conn_type as string,
      description: description as string | null,
    }))
    .filter(({ id, description }) => `${id} ${description ?? ''}`.toLowerCase().includes(q))

export const variablesNamed = (q: string): string[] =>
  variables.map(({ key }) => key as string).filter((key) => key.toLowerCase().includes(q))

export const ADMIN_ROUTES: Route[] = [
  ['POST', /^\/api\/v2\/connections\/test$/, (_, __, body) => tested(body as Kept)],
  ...KINDS.flatMap(routesOf),
  ['GET', /^\/ui\/used-by$/, (): UsedBy => ({ dag_ids: ['orders_hourly', 'retail_daily'], or_more: false })],
  ['GET', /^\/api\/v2\/version$/, () => ({ version: '0.9.2', git_version: null })],
  [
    'GET',
    /^\/api\/v2\/monitor\/health$/,
    () => ({
      metadatabase: { status: 'healthy' },
      scheduler: { status: 'healthy', latest_scheduler_heartbeat: new Date(Date.now() - 1_200).toISOString() },
      triggerer: { status: null, latest_triggerer_heartbeat: null },
      dag_processor: { status: null, latest_dag_processor_heartbeat: null },
    }),
  ],
]

function routesOf(kind: Kind): Route[] {
  const { plural, id } = kind
  const one = new RegExp(`^/api/v2/${plural}/(.+)$`)
  const at = (name: string) => {
    const row = kind.read().find((each) => each[id] === name)
    if (!row) throw new Refusal(404, `The ${id} \`${name}\` was not found`)
    return row
  }
  const checked = (body: Kept, isNew: boolean) => {
    if (isNew && (body[id] === undefined || body[id] === ''))
      throw new Refusal(422, [{ loc: ['body', id], msg: '1 to 250 characters', type: 'value_error' }])
    if (plural === 'pools' && Number(body.slots) < -1)
      throw new Refusal(422, [
        { loc: ['body', 'slots'], msg: 'at least -1, which means unlimited', type: 'value_error' },
      ])
    return body.password === undefined ? body : { ...body, password: body.password === null ? null : HIDDEN }
  }
  return [
    [
      'GET',
      new RegExp(`^/api/v2/${plural}$`),
      (_, query) => {
        const part = query.get(kind.pattern)?.toLowerCase() ?? ''
        const rows = kind
          .read()
          .filter((row) => String(row[id]).toLowerCase().includes(part))
          .sort((a, b) => String(a[id]).localeCompare(String(b[id])))
        const offset = Number(query.get('offset') ?? 0)
        return { [plural]: rows.slice(offset, offset + Number(query.get('limit') ?? 50)), total_entries: rows.length }
      },
    ],
    [
      'POST',
      new RegExp(`^/api/v2/${plural}$`),
      (_, __, body) => {
        const made = kind.make(checked(body as Kept, true))
        if (kind.read().some((row) => row[id] === made[id]))
          throw new Refusal(409, `Conflict: \`${String(made[id])}\` already exists`)
        kind.write([...kind.read(), made])
        return made
      },
    ],
    ['GET', one, ([name = '']) => at(name)],
    [
      'PATCH',
      one,
      ([name = ''], query, body) => {
        const mask = query.getAll('update_mask')
        const given = Object.entries(checked(body as Kept, false)).filter(
          ([field]) => mask.length === 0 || mask.includes(field),
        )
        const next = { ...at(name), ...Object.fromEntries(given) }
        kind.write(kind.read().map((row) => (row[id] === name ? next : row)))
        return next
      },
    ],
    [
      'DELETE',
      one,
      ([name = '']) => {
        if (name === 'default_pool') throw new Refusal(400, 'The default pool cannot be deleted')
        const row = at(name)
        kind.write(kind.read().filter((each) => each !== row))
        return undefined
      },
    ],
  ]
}
