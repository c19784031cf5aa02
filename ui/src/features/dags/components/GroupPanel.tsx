import type { GridRun, TreeNode } from '@/api/contract'
import { Kbd } from '@/components/Button'
import { Facts } from '@/components/Controls'
import { DetailPanel, PanelSection } from '@/components/DetailPanel'
import { StateGlyph, StatePill, StateText } from '@/components/state/StateGlyph'
import { STATES, statesIn, totalOf } from '@/components/state/table'
import { cellState } from '@/grid/rows'
import { useDates } from '@/lib/dates'
import { count } from '@/lib/durations'
import { useSlots } from '@/lib/slots'
import { strings } from '@/lib/strings'
import { cellTarget } from '../grid-acts'

const text = strings.dags.grid

/** What a group of tasks did in a run: counts, and its tasks by severity. */
export function GroupPanel({
  dagId,
  group,
  tree,
  run,
  onPick,
  onClose,
}: {
  dagId: string
  group: number
  tree: TreeNode[]
  run: GridRun
  onPick: (taskId: string) => void
  onClose: () => void
}) {
  const dates = useDates()
  const { Acts } = useSlots()
  const node = tree[group]
  const cell = run.cells[group] ?? null
  const counts = cell !== null && typeof cell === 'object' ? cell.counts : {}
  const worst = cellState(cell)
  const tasks = tree
    .flatMap((one, i) =>
      one.kind === 'task' && isInside(tree, i, group) ? [{ node: one, state: cellState(run.cells[i] ?? null) }] : [],
    )
    .sort((a, b) => (a.state === null ? 99 : STATES[a.state].order) - (b.state === null ? 99 : STATES[b.state].order))
  return (
    <DetailPanel
      label={text.group}
      onClose={onClose}
      head={
        <>
          <div className="row near t12 i3">
            <StateGlyph state={run.state} size={12} />
            {strings.tasks.run(dates.dateTime(run.run_after))}
            <span className="grow" />
            <button type="button" onClick={onClose}>
              <span className="sr">{strings.actions.close}</span>
              <Kbd>Esc</Kbd>
            </button>
          </div>
          <div className="row panel-title">
            <span className="title ell">{node?.label}</span>
            <span className="grow" />
            {worst && <StatePill state={worst} />}
          </div>
          <div className="acts">
            <Acts look="panel" target={node ? cellTarget(dagId, tree, [run], new Set([node.id])) : null} />
          </div>
        </>
      }
    >
      <PanelSection title={text.group} more={text.inGroup(count(totalOf(counts)))}>
        <Facts rows={statesIn(counts).map((state) => [STATES[state].label, count(counts[state] ?? 0)] as const)} />
      </PanelSection>
      <section>
        <ul className="fails group-tasks">
          {tasks.map(({ node: one, state }) => (
            <li key={one.id}>
              <button type="button" onClick={() => onPick(one.id)}>
                <span className="ell grow">{one.label}</span>
                {state === null ? <span className="i3">{text.notThen}</span> : <StateText state={state} />}
              </button>
            </li>
          ))}
        </ul>
      </section>
    </DetailPanel>
  )
}

function isInside(tree: TreeNode[], node: number, group: number): boolean {
  for (let at = tree[node]?.parent ?? null; at !== null; at = tree[at]?.parent ?? null) if (at === group) return true
  return false
}
