import { Plus, X } from 'lucide-react'
import { useState } from 'react'
import type { DagPage } from '@/api/contract'
import { Button } from '@/components/Button'
import { Popover } from '@/components/Popover'
import { TabChoices } from '@/components/Tabs'
import { count } from '@/lib/durations'
import { useKeys } from '@/lib/keys'
import { useViews } from '@/lib/personal'
import { strings } from '@/lib/strings'
import { filterOf, queryOf, VIEWS, type DagFilter } from '../model'

const text = strings.dags
const KEYS_MAX = 9
const SAVED = 'saved '

/** The views of the DAG list, given and saved ones, with the keys 1 to 9. */
export function ViewTabs({
  filter,
  onFilter,
  counts,
}: {
  filter: DagFilter
  onFilter: (filter: Partial<DagFilter>) => void
  counts: DagPage['counts'] | undefined
}) {
  const personal = useViews()
  const query = queryOf(filter)
  const current = personal.views.find((view) => view.query === query)
  const tabs = [
    ...VIEWS.map((view) => ({
      value: view,
      label: text.views[view],
      bad: view === 'failing',
      ...(counts && { count: count(counts[view]) }),
    })),
    ...personal.views.map((view) => ({ value: SAVED + view.name, label: view.name, count: count(view.dags) })),
  ]
  const choose = (value: string | undefined) => {
    if (value === undefined) return
    const saved = personal.views.find((view) => SAVED + view.name === value)
    if (saved) onFilter(filterOf(new URLSearchParams(saved.query)))
    else {
      const view = VIEWS.find((one) => one === value)
      // From a saved view, a given one starts over.
      if (view) onFilter(current ? filterOf(new URLSearchParams({ view })) : { view })
    }
  }
  const last = Math.min(KEYS_MAX, tabs.length)
  useKeys([
    {
      keys: Array.from({ length: last }, (_, i) => String(i + 1)),
      show: ['1', '–', String(last)],
      label: text.keys.view,
      run: (key) => choose(tabs[Number(key) - 1]?.value),
      foot: true,
    },
  ])
  const isOwn = query !== queryOf({ ...filterOf(new URLSearchParams()), view: filter.view })
  return (
    <div className="view-tabs">
      <TabChoices
        label={text.views.label}
        tabs={tabs}
        value={current ? SAVED + current.name : filter.view}
        onChange={choose}
      />
      {current ? (
        <Button small look="bare" icon={X} onClick={() => void personal.remove(current)}>
          {text.views.remove}
        </Button>
      ) : (
        isOwn && <SaveView query={query} onSave={personal.save} />
      )}
    </div>
  )
}

function SaveView({
  query,
  onSave,
}: {
  query: string
  onSave: (view: { name: string; query: string }) => Promise<boolean>
}) {
  return (
    <Popover
      label={text.views.save}
      trigger={(props) => (
        <Button {...props} small look="bare" icon={Plus}>
          {text.views.save}
        </Button>
      )}
    >
      {(close) => (
        <NameForm
          onName={(name) => {
            void onSave({ name, query }).then((saved) => saved && close())
          }}
        />
      )}
    </Popover>
  )
}

function NameForm({ onName }: { onName: (name: string) => void }) {
  const [name, setName] = useState('')
  const trimmed = name.trim()
  return (
    <form
      className="name-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (trimmed !== '') onName(trimmed)
      }}
    >
      <span className="field">
        <input
          value={name}
          maxLength={40}
          placeholder={text.views.name}
          aria-label={text.views.name}
          onChange={(event) => setName(event.target.value)}
        />
      </span>
      <Button type="submit" look="primary" disabled={trimmed === ''}>
        {text.views.keep}
      </Button>
      <span className="i3">{text.views.hint}</span>
    </form>
  )
}
