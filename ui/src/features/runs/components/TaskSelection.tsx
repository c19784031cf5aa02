import type { RunFacts } from '@/api/contract'
import { SelectionBar } from '@/components/SelectionBar'
import type { ActTarget } from '@/lib/acts'
import { plural } from '@/lib/durations'
import type { Selection } from '@/lib/selection'
import { useSlots } from '@/lib/slots'
import { strings } from '@/lib/strings'
import type { TaskLine } from '../tasks-model'

/** What can be done with the selected tasks of a run; with none, the keys act on the row of the cursor. */
export function TaskSelection({
  run,
  selection,
  at,
}: {
  run: RunFacts
  selection: Selection
  at: TaskLine | undefined
}) {
  const { Acts } = useSlots()
  const targetOf = (ids: string[]): ActTarget => ({
    kind: 'tasks',
    parts: [{ dagId: run.dag_id, runId: run.run_id, tasks: ids.map((taskId) => ({ taskId, mapIndex: null })) }],
  })
  const ids = [...selection.keys]
  if (ids.length === 0)
    return (
      <Acts
        look="keys"
        target={at ? targetOf([at.id]) : null}
        anchor={() => document.querySelector('.list-row[aria-selected="true"]')}
      />
    )
  return (
    <SelectionBar label={strings.acts.selected(plural(ids.length, strings.acts.taskWord))} onClear={selection.clear}>
      <Acts look="bar" target={targetOf(ids)} onDone={selection.clear} />
    </SelectionBar>
  )
}
