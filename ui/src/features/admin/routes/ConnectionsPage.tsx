import { strings } from '@/lib/strings'
import { ResourcePage } from '../components/ResourcePage'
import { connectionSpec } from '../resources/connection'

const text = strings.admin.connections
const COLUMNS = [text.id, text.type, text.host, text.port, text.login, text.password, text.description]

export default function ConnectionsPage() {
  return (
    <ResourcePage
      spec={connectionSpec}
      words={text}
      template="conn-list"
      head={COLUMNS.map((column) => (
        <span key={column} role="columnheader">
          {column}
        </span>
      ))}
      row={(row) => (
        <>
          <span role="cell" className="name ell">
            {row.connection_id}
          </span>
          <span role="cell" className="mono ell">
            {row.conn_type}
          </span>
          <span role="cell" className="m ell" title={row.host ?? undefined}>
            {row.host}
          </span>
          <span role="cell" className="m">
            {row.port}
          </span>
          <span role="cell" className="m ell">
            {row.login}
          </span>
          <span role="cell" className="i3">
            {row.password !== null && text.secret}
          </span>
          <span role="cell" className="m ell" title={row.description ?? undefined}>
            {row.description}
          </span>
        </>
      )}
    />
  )
}
