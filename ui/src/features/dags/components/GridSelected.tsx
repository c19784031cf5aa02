import type { GridRun, TreeNode } from '@/api/contract'
import { SelectionBar } from '@/components/SelectionBar'
import type { GridSelection } from '@/grid/selected'
import { plural } from '@/lib/durations'
import { useSlots } from '@/lib/slots'
import { strings } from '@/lib/strings'
import { cellTarget, runTarget } from '../grid-acts'

const text = strings.acts

/** What can be done with the runs or the cells that are selected in the grid. */
export function GridSelected({
  dagId,
  selection,
  tree,
  runs,
  onClear,
}: {
  dagId: string
  selection: GridSelection
  tree: TreeNode[]
  runs: GridRun[]
  onClear: () => void
}) {
  const { Acts } = useSlots()
  const { nodes } = selection
  const chosen = runs.filter((run) => selection.runs.has(run.run_id))
  const target = nodes === null ? runTarget(dagId, tree, chosen) : cellTarget(dagId, tree, chosen, nodes)
  const ids =
    target.kind === 'tasks' ? new Set(target.parts.flatMap((part) => part.tasks.map((one) => one.taskId))) : null
  const what = plural(chosen.length, ...text.runWords)
  const label = ids === null ? what : text.summary(plural(ids.size, text.taskWord), what)
  return (
    <SelectionBar label={text.selected(label)} onClear={onClear}>
      <Acts look="bar" target={ids?.size === 0 ? null : target} onDone={onClear} />
    </SelectionBar>
  )
}
