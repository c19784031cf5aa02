import { Check, ScrollText, TriangleAlert } from 'lucide-react'
import { Link, useLocation } from 'wouter'
import { Button, IconButton } from '@/components/Button'
import { Tag } from '@/components/Controls'
import { Icon } from '@/components/Icon'
import { StateGlyph } from '@/components/state/StateGlyph'
import { oneTask } from '@/lib/acts'
import { useNow } from '@/lib/clock'
import { useDates } from '@/lib/dates'
import { age } from '@/lib/durations'
import { useSlots } from '@/lib/slots'
import { strings } from '@/lib/strings'
import { hrefOf, isOver, logHref, taskName, type Attention, type RunLine } from '../model'

const text = strings.home.attention

interface RowProps {
  line: Attention
  selected: boolean
  onSelect: () => void
  /** null: who looks may not. */
  onAcknowledge: ((line: RunLine) => void) | null
}

/** One thing that needs a person; the selected one has its buttons. */
export function AttentionRow(props: RowProps) {
  const { line, selected, onSelect } = props
  const now = useNow()
  const dates = useDates()
  const at = line.kind === 'run' ? line.run.end : line.error.seen
  const over = line.kind === 'run' && isOver(line)
  return (
    <li className={[selected && 'sel', over && 'over'].filter(Boolean).join(' ')} onFocus={onSelect}>
      {over ? (
        <span className="i3">{text.and}</span>
      ) : line.kind === 'run' ? (
        <StateGlyph state="failed" />
      ) : (
        <span className="bad-t">
          <Icon of={TriangleAlert} size={14} />
        </span>
      )}
      <Link className="cover name ell" href={hrefOf(line)}>
        {line.kind === 'run' ? line.run.dag_id : line.error.file}
      </Link>
      <span className={over ? 'ell i3' : 'ell i2'}>
        {over ? text.over(dates.near(at, now), line.run.good_since) : <What line={line} />}
      </span>
      <span className="row near">
        <Tags {...props} />
      </span>
      <span className="r i3 nowrap" title={dates.exact(at)}>
        {age(now - at)}
      </span>
    </li>
  )
}

function What({ line }: { line: Attention }) {
  if (line.kind === 'import')
    return (
      <>
        {line.error.line !== null && <span className="mono">{text.line(line.error.line)} </span>}
        {line.error.message}
      </>
    )
  const task = taskName(line.run)
  return (
    <>
      {task !== null && <span className="mono">{task} </span>}
      {line.run.reason ?? text.failedPlain}
      {line.run.try_number > 1 && `, ${text.tryNumber(line.run.try_number)}`}
    </>
  )
}

function Tags({ line, selected, onAcknowledge }: RowProps) {
  const [, navigate] = useLocation()
  const { Acts } = useSlots()
  const log = selected ? logHref(line) : null
  if (line.kind === 'import') return null
  const { dag_id, run_id, task_id, map_index } = line.run
  return (
    <>
      {line.runs.length > 1 && (
        <span title={text.runsTip(line.runs.length)}>
          <Tag>{text.runs(line.runs.length)}</Tag>
        </span>
      )}
      {log !== null && (
        <Button small icon={ScrollText} hint="L" onClick={() => navigate(log)}>
          {text.log}
        </Button>
      )}
      {selected && task_id !== null && (
        <Acts look="row" target={oneTask(dag_id, run_id, task_id, map_index < 0 ? null : map_index)} />
      )}
      {selected && onAcknowledge && (
        <IconButton small icon={Check} label={text.acknowledge} onClick={() => onAcknowledge(line)} />
      )}
    </>
  )
}
