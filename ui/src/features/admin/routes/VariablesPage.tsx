import { strings } from '@/lib/strings'
import { ResourcePage } from '../components/ResourcePage'
import { HIDDEN } from '../resources/spec'
import { variableSpec } from '../resources/variable'

const text = strings.admin.variables
const COLUMNS = [text.key, text.value, text.description]

export default function VariablesPage() {
  return (
    <ResourcePage
      spec={variableSpec}
      words={text}
      template="var-list"
      head={COLUMNS.map((column) => (
        <span key={column} role="columnheader">
          {column}
        </span>
      ))}
      row={(row) => (
        <>
          <span role="cell" className="name ell">
            {row.key}
          </span>
          {row.value === HIDDEN ? (
            <span role="cell" className="i3">
              {strings.admin.hidden}
            </span>
          ) : (
            <span role="cell" className="mono ell">
              {row.value}
            </span>
          )}
          <span role="cell" className="m ell" title={row.description ?? undefined}>
            {row.description}
          </span>
        </>
      )}
    />
  )
}
