import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { Failed, Loading } from '@/components/Blank'
import { Button, Kbd } from '@/components/Button'
import { DetailPanel } from '@/components/DetailPanel'
import { ApiError } from '@/lib/http'
import { useKeys } from '@/lib/keys'
import { strings } from '@/lib/strings'
import { showToast } from '@/lib/toasts'
import { createOne, deleteOne, oneQuery, patchOne } from '../api/resources'
import { changedFields, type Form, type Spec } from '../resources/spec'
import { DeleteButton } from './DeleteButton'
import { FormFields } from './FormFields'
import type { Words } from './ResourcePage'
import { TestButton, TestVerdict, useTest } from './TestButton'
import { UsedBy } from './UsedBy'

const text = strings.admin

interface PanelProps<T> {
  spec: Spec<T>
  words: Words
  /** null: a new one. */
  id: string | null
  known: T | null
  mayEdit: boolean
  facts: ((row: T) => ReactNode) | undefined
  draft: Form | undefined
  onDraft: (form: Form | null) => void
  onClose: () => void
  onShow: (id: string) => void
}

/** What the list knows shows at once; a row that the list has not read is asked for by name. */
export function ResourcePanel<T>(props: PanelProps<T>) {
  const { spec, words, id, known, onClose } = props
  const query = useQuery({ ...oneQuery(spec, id ?? ''), enabled: id !== null && known === null })
  const row = known ?? query.data
  if (id === null) return <Filled {...props} row={null} />
  if (row != null) return <Filled {...props} row={row} />
  const gone = query.error instanceof ApiError && query.error.status === 404
  return (
    <DetailPanel label={words.one} onClose={onClose} head={<Head title={id} onClose={onClose} />}>
      {gone ? (
        <Failed error={new Error(text.gone)} onRetry={() => void query.refetch()} />
      ) : (
        <Loading query={query}>{() => null}</Loading>
      )}
    </DetailPanel>
  )
}

function Head({ title, onClose, children }: { title: string; onClose: () => void; children?: ReactNode }) {
  return (
    <>
      <div className="row">
        <span className="title ell grow" title={title}>
          {title}
        </span>
        <button type="button" onClick={onClose}>
          <span className="sr">{strings.actions.close}</span>
          <span aria-hidden>
            <Kbd>Esc</Kbd>
          </span>
        </button>
      </div>
      {children}
    </>
  )
}

function Filled<T>({
  spec,
  words,
  id,
  row,
  mayEdit,
  facts,
  draft,
  onDraft,
  onClose,
  onShow,
}: PanelProps<T> & { row: T | null }) {
  const client = useQueryClient()
  const [refused, setRefused] = useState<Record<string, string>>({})
  const [general, setGeneral] = useState<string | null>(null)
  const [tried, setTried] = useState(false)
  const [busy, setBusy] = useState(false)
  const form = draft ?? spec.toForm(row)
  const changed = changedFields(spec, form, row)
  const wrong = spec.check(form)
  const shown = {
    ...Object.fromEntries(Object.entries(wrong).filter(([name]) => tried || (changed.includes(name) && id !== null))),
    ...refused,
  }
  const reread = () => client.invalidateQueries({ queryKey: [spec.plural] })

  const change = (name: string, value: Form[string]) => {
    const next = { ...form, [name]: value }
    onDraft(changedFields(spec, next, row).length === 0 ? null : next)
    setRefused((all) => Object.fromEntries(Object.entries(all).filter(([key]) => key !== name)))
    setGeneral(null)
  }
  const refuse = (error: unknown) => {
    const found = error instanceof ApiError ? fieldProblems(error, spec) : {}
    setRefused(found)
    setGeneral(Object.keys(found).length > 0 ? null : error instanceof Error ? error.message : strings.states.noChange)
  }
  const save = async () => {
    setTried(true)
    if (!mayEdit || busy || changed.length === 0 || Object.keys(wrong).length > 0) return
    setBusy(true)
    try {
      const saved = await (row === null
        ? createOne(spec, spec.body(form))
        : patched(spec, spec.idOf(row), form, row, changed))
      await reread()
      onDraft(null)
      showToast({ text: row === null ? text.created(spec.idOf(saved)) : text.saved(spec.idOf(saved)) })
      if (row === null) onShow(spec.idOf(saved))
    } catch (error) {
      refuse(error)
    } finally {
      setBusy(false)
    }
  }
  const tested = useTest(spec.plural, spec.test?.(form) ?? {})
  const test = () => {
    setTried(true)
    if (Object.keys(wrong).length === 0) tested.run()
  }
  const remove = async (target: T) => {
    try {
      await deleteOne(spec, spec.idOf(target))
    } catch (error) {
      refuse(error)
      return
    }
    onDraft(null)
    onClose()
    showToast({ text: text.deleted(spec.idOf(target)) })
    await reread()
  }
  useKeys([{ keys: ['Ctrl+Enter'], label: text.save.toLowerCase(), run: () => void save(), inFields: true }], {
    off: !mayEdit,
  })

  return (
    <DetailPanel
      label={words.one}
      onClose={onClose}
      head={
        <Head title={row === null ? words.new : spec.idOf(row)} onClose={onClose}>
          {mayEdit && (
            <div className="acts">
              <Button
                look="primary"
                hint="Ctrl ↵"
                disabled={busy || changed.length === 0 || Object.keys(shown).length > 0}
                onClick={() => void save()}
              >
                {busy ? text.saving : row === null ? text.add : text.save}
              </Button>
              {spec.test && <TestButton busy={tested.busy} onTest={test} />}
              {changed.length > 0 && <Button onClick={() => onDraft(null)}>{strings.actions.cancel}</Button>}
              {row !== null && spec.deletable(row) && (
                <DeleteButton name={spec.idOf(row)} goes={spec.goes(row)} onDelete={() => void remove(row)} />
              )}
            </div>
          )}
          {mayEdit && spec.test && <TestVerdict verdict={tested.verdict} />}
          {general !== null && (
            <p className="h bad" role="alert">
              {general}
            </p>
          )}
        </Head>
      }
    >
      {row !== null && facts?.(row)}
      <FormFields spec={spec} form={form} row={row} problems={shown} mayEdit={mayEdit} onChange={change} />
      {row !== null && spec.usedBy && <UsedBy kind={spec.usedBy} id={spec.idOf(row)} />}
    </DetailPanel>
  )
}

function patched<T>(spec: Spec<T>, id: string, form: Form, row: T, names: string[]): Promise<T> {
  const { body, mask } = spec.change(form, row, names)
  return patchOne(spec, id, body, mask)
}

/** A name that is taken belongs beside the name; a body that does not fit names its fields. */
function fieldProblems<T>(error: ApiError, spec: Spec<T>): Record<string, string> {
  if (error.status === 409) return { [spec.id]: error.message }
  const names = new Set(spec.fields.map((field) => field.name))
  const found = error.fields.map(({ path, message }) => [path.replace(/^body\./, ''), message] as const)
  return found.every(([name]) => names.has(name)) ? Object.fromEntries(found) : {}
}
