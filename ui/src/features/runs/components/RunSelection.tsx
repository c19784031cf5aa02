import type { RunFacts } from '@/api/contract'
import { SelectionBar } from '@/components/SelectionBar'
import { plural } from '@/lib/durations'
import { useSlots } from '@/lib/slots'
import { strings } from '@/lib/strings'
import { runRef } from '../model'

/** What can be done with the selected runs; with none, the keys act on the row of the cursor. */
export function RunSelection({
  selected,
  row,
  onClear,
}: {
  selected: RunFacts[]
  row: RunFacts | undefined
  onClear: () => void
}) {
  const { Acts } = useSlots()
  if (selected.length === 0)
    return (
      <Acts
        look="keys"
        target={row ? { kind: 'runs', runs: [runRef(row)] } : null}
        anchor={() => document.querySelector('.list-row[aria-selected="true"]')}
      />
    )
  return (
    <SelectionBar label={strings.acts.selected(plural(selected.length, ...strings.acts.runWords))} onClear={onClear}>
      <Acts look="bar" target={{ kind: 'runs', runs: selected.map(runRef) }} onDone={onClear} />
    </SelectionBar>
  )
}
