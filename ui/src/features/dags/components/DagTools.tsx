import { ArrowUpDown } from 'lucide-react'
import { useState } from 'react'
import { Button } from '@/components/Button'
import { Menu, Popover } from '@/components/Popover'
import { SearchField, Token } from '@/components/SearchField'
import { count } from '@/lib/durations'
import { strings } from '@/lib/strings'
import { readTokens, type DagFilter } from '../model'

const text = strings.dags
const SORTS = { dag_id: text.byName, '-last_run': text.byRun } as const

export function DagTools({
  filter,
  onFilter,
  total,
}: {
  filter: DagFilter
  onFilter: (patch: Partial<DagFilter>) => void
  total: number
}) {
  return (
    <div className="tool">
      <Filter filter={filter} onFilter={onFilter} />
      <div className="grow" />
      <span className="t12 i3 nowrap">{text.matches(count(total))}</span>
      <Popover
        label={text.sort}
        trigger={(props) => (
          <Button {...props} icon={ArrowUpDown}>
            {SORTS[filter.sort]}
          </Button>
        )}
      >
        {(close) => (
          <Menu
            close={close}
            items={(['dag_id', '-last_run'] as const).map((sort) => ({
              key: sort,
              label: SORTS[sort],
              on: sort === filter.sort,
              run: () => onFilter({ sort }),
            }))}
          />
        )}
      </Popover>
    </div>
  )
}

function Filter({ filter, onFilter }: { filter: DagFilter; onFilter: (patch: Partial<DagFilter>) => void }) {
  // A token that is still being typed (`tag:ti`) is not yet a filter.
  const [unfinished, setUnfinished] = useState('')
  const tokens = (['tag', 'owner'] as const).flatMap((name) => {
    const value = filter[name]
    return value === null ? [] : [{ name, value }]
  })
  const type = (value: string) => {
    const { q, ...found } = readTokens(value)
    const open = /(?:^|\s)(?:tag|owner|state|active|favourite):\S*$/.test(q)
    setUnfinished(open ? q : '')
    onFilter({ ...found, q: open ? q.replace(/\S*$/, '').trim() : q })
  }
  return (
    <SearchField
      width={456}
      placeholder={tokens.length > 0 ? '' : text.filter}
      value={unfinished === '' ? filter.q : unfinished}
      onChange={type}
      onEnter={() => unfinished !== '' && type(`${unfinished} `)}
      onBackspace={() => {
        const last = tokens.at(-1)
        if (last) onFilter({ [last.name]: null })
      }}
      tokens={tokens.map(({ name, value }) => (
        <Token key={name} name={name} value={value} onRemove={() => onFilter({ [name]: null })} />
      ))}
    />
  )
}
