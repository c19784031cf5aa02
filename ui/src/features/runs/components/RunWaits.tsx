import type { Timeline } from '@/api/contract'
import { Blank } from '@/components/Blank'
import { StateGlyph } from '@/components/state/StateGlyph'
import { useNow } from '@/lib/clock'
import { duration } from '@/lib/durations'
import { useSlots } from '@/lib/slots'
import { strings } from '@/lib/strings'

const text = strings.run

/** In place of a time line that has nothing to show yet: what holds the run. The first task waits for it, and says why. */
export function RunWaits({ timeline: { run, tree } }: { timeline: Timeline }) {
  const { WhyList } = useSlots()
  const now = useNow()
  const first = tree.find((node) => node.kind === 'task')
  if (first === undefined) return <Blank title={text.notBegun}>{text.noTasks}</Blank>
  return (
    <div className="why-place">
      <div>
        <div className="row mid t12 i3">
          <StateGlyph state="queued" size={12} quiet />
          {run.queued !== null && text.waitsFor(duration(now - run.queued))}
        </div>
        <h2 className="title">{text.whyWaits}</h2>
        <WhyList dagId={run.dag_id} runId={run.run_id} taskId={first.id} mapIndex={-1} without="run_queued" />
      </div>
    </div>
  )
}
