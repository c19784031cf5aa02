import { strings } from '@/lib/strings'
import { HIDDEN, isObjectText, needed, orNull, problems, readWhole, textOf, type Spec } from './spec'

const text = strings.admin.connections
const { wrong } = strings.admin
const PORT_MAX = 65_535
/** Types that are met most; any other is as good. */
const TYPES = [
  'aws',
  'ftp',
  'generic',
  'google_cloud_platform',
  'http',
  'kafka',
  'mysql',
  'postgres',
  'redis',
  'sftp',
  'slack',
  'smtp',
  'snowflake',
  'sqlite',
  'ssh',
] as const

/** Airflow's `ConnectionResponse`; a password that is set comes hidden. */
export interface Connection {
  connection_id: string
  conn_type: string
  description: string | null
  host: string | null
  login: string | null
  schema: string | null
  port: number | null
  password: string | null
  extra: string | null
}

export const connectionSpec: Spec<Connection> = {
  plural: 'connections',
  usedBy: 'connection',
  id: 'connection_id',
  search: 'connection_id_pattern',
  idOf: (connection) => connection.connection_id,
  fields: [
    { name: 'connection_id', label: text.id, kind: 'text', fixed: true },
    { name: 'conn_type', label: text.type, kind: 'text', suggestions: TYPES },
    { name: 'description', label: text.description, kind: 'lines', optional: true },
    { name: 'host', label: text.host, kind: 'text', optional: true },
    { name: 'port', label: text.port, kind: 'number', optional: true },
    { name: 'schema', label: text.schema, kind: 'text', optional: true },
    { name: 'login', label: text.login, kind: 'text', optional: true },
    { name: 'password', label: text.password, kind: 'password', optional: true },
    { name: 'extra', label: text.extra, kind: 'json', help: text.extraHelp, optional: true },
  ],
  toForm: (row) => ({
    connection_id: row?.connection_id ?? '',
    conn_type: row?.conn_type ?? '',
    description: row?.description ?? '',
    host: row?.host ?? '',
    port: row?.port == null ? '' : String(row.port),
    schema: row?.schema ?? '',
    login: row?.login ?? '',
    password: row?.password == null ? '' : null,
    extra: row?.extra ?? '',
  }),
  check: (form) => {
    const id = textOf(form.connection_id)
    const port = readWhole(textOf(form.port))
    return problems({
      connection_id: needed(form.connection_id) ?? (/^[\p{L}\p{N}_.-]{1,200}$/u.test(id) ? null : wrong.id),
      conn_type: needed(form.conn_type),
      port: textOf(form.port).trim() === '' || (port !== null && port >= 0 && port <= PORT_MAX) ? null : wrong.port,
      extra: textOf(form.extra).trim() === '' || isObjectText(textOf(form.extra)) ? null : wrong.object,
    })
  },
  body: (form) => ({
    connection_id: textOf(form.connection_id),
    conn_type: textOf(form.conn_type).trim(),
    description: orNull(form.description),
    host: orNull(form.host),
    port: readWhole(textOf(form.port)),
    schema: orNull(form.schema),
    login: orNull(form.login),
    password: orNull(form.password),
    extra: textOf(form.extra).trim() === '' ? null : textOf(form.extra),
  }),
  change: (form, row, names) => {
    const whole = connectionSpec.body(form)
    // The server wants these two in every body.
    return {
      body: {
        connection_id: row.connection_id,
        conn_type: row.conn_type,
        ...Object.fromEntries(names.map((name) => [name, whole[name]])),
      },
      mask: names,
    }
  },
  // A password that stays what it is goes back hidden, as it came.
  test: (form) => ({ ...connectionSpec.body(form), ...(form.password === null && { password: HIDDEN }) }),
  goes: (row) => [text.goes(row.conn_type), text.fails],
  deletable: () => true,
}
