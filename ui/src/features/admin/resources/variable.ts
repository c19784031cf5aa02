import { strings } from '@/lib/strings'
import { atMost, isMasked, needed, orNull, problems, textOf, type Spec } from './spec'

const text = strings.admin.variables
const KEY_MAX = 250

/** Airflow's `VariableResponse`; secret values, or secret parts of them, come hidden. */
export interface Variable {
  key: string
  value: string | null
  description: string | null
  is_encrypted: boolean
}

export const variableSpec: Spec<Variable> = {
  plural: 'variables',
  usedBy: 'variable',
  id: 'key',
  search: 'variable_key_pattern',
  idOf: (variable) => variable.key,
  fields: [
    { name: 'key', label: text.key, kind: 'text', fixed: true },
    { name: 'value', label: text.value, kind: 'secret', help: text.valueHelp, optional: true },
    { name: 'description', label: text.description, kind: 'lines', optional: true },
  ],
  toForm: (row) => ({
    key: row?.key ?? '',
    value: row && isMasked(row.value ?? '') ? null : (row?.value ?? ''),
    description: row?.description ?? '',
  }),
  check: (form) => problems({ key: needed(form.key) ?? atMost(form.key, KEY_MAX) }),
  body: (form) => ({ key: textOf(form.key), value: textOf(form.value), description: orNull(form.description) }),
  // A body without a value is refused; what is not in the mask does not count.
  change: (form, row, names) => ({ body: { ...variableSpec.body(form), key: row.key }, mask: names }),
  goes: () => [text.goes, text.fails],
  deletable: () => true,
}
