import { useQuery } from '@tanstack/react-query'
import { ChevronRight, ScrollText, SquareArrowOutUpRight } from 'lucide-react'
import { Link, useLocation } from 'wouter'
import type { TaskInstanceDetail } from '@/api/contract'
import { Loading } from '@/components/Blank'
import { Button, IconButton, Kbd } from '@/components/Button'
import { Tag } from '@/components/Controls'
import { DetailPanel } from '@/components/DetailPanel'
import { Icon } from '@/components/Icon'
import { StateGlyph, StatePill } from '@/components/state/StateGlyph'
import { STATES } from '@/components/state/table'
import { useDates } from '@/lib/dates'
import { count } from '@/lib/durations'
import { useKeys } from '@/lib/keys'
import { links } from '@/lib/links'
import { oneTask, type ActTarget } from '@/lib/acts'
import { useSlots, type TaskPanelProps } from '@/lib/slots'
import { strings } from '@/lib/strings'
import { taskInstanceQuery } from '../api/detail'
import { expandedOf, isWaiting } from '../model'
import { NoteSection } from './Note'
import { AttemptSection, DurationSection, FailedSection, InstancesSection, NeighboursSection } from './sections'
import { WhySection } from './Why'

const text = strings.tasks

/** The detail panel of a task instance, the same wherever it was clicked. */
export default function TaskPanel({ dagId, runId, taskId, onClose, actKeysOff = false }: TaskPanelProps) {
  const query = useQuery(taskInstanceQuery(dagId, runId, taskId))
  const [, navigate] = useLocation()
  const open = () => navigate(links.task(dagId, runId, taskId))
  useKeys([
    { keys: ['Enter'], label: text.open.toLowerCase(), run: open, foot: true },
    { keys: ['l'], label: text.logs.toLowerCase(), run: open, foot: true },
  ])
  return (
    <DetailPanel
      label={text.panel}
      onClose={onClose}
      head={
        <Head
          taskId={taskId}
          target={oneTask(dagId, runId, taskId)}
          data={query.data}
          onOpen={open}
          onClose={onClose}
          actKeysOff={actKeysOff}
        />
      }
    >
      <Loading query={query}>{(data) => <Body data={data} />}</Loading>
    </DetailPanel>
  )
}

function Head({
  taskId,
  target,
  data,
  onOpen,
  onClose,
  actKeysOff,
}: {
  taskId: string
  /** Known before the data: a key means this task at once. */
  target: ActTarget
  data: TaskInstanceDetail | undefined
  onOpen: () => void
  onClose: () => void
  actKeysOff: boolean
}) {
  const { Acts } = useSlots()
  const dates = useDates()
  const parts = taskId.split('.')
  const groups = parts.slice(0, -1)
  return (
    <>
      <div className="row near t12 i3">
        {data && (
          <>
            <StateGlyph state={data.run.state} size={12} />
            <Link className="link nowrap" href={links.run(data.dag_id, data.run_id)}>
              {text.run(dates.dateTime(data.run.run_after))}
            </Link>
          </>
        )}
        {groups.length > 0 && <Icon of={ChevronRight} size={12} />}
        <span className="ell grow">{groups.join(' / ')}</span>
        <IconButton small look="bare" icon={SquareArrowOutUpRight} label={`${text.open}, ↵`} onClick={onOpen} />
        <button type="button" onClick={onClose} aria-label={`${strings.actions.close}, Esc`}>
          <Kbd>Esc</Kbd>
        </button>
      </div>
      <div className="row panel-title">
        <span className="title ell">{parts.at(-1)}</span>
        {data?.mapped && <Tag>× {count(data.mapped.total)}</Tag>}
        <span className="grow" />
        {data && <StatePill state={data.state} {...pillLabel(data)} />}
      </div>
      <div className="acts">
        <Acts look="panel" target={target} failed={data?.mapped?.counts.failed ?? 0} keysOff={actKeysOff} />
        <Button icon={ScrollText} hint="L" onClick={onOpen}>
          {text.logs}
        </Button>
      </div>
    </>
  )
}

function pillLabel(data: TaskInstanceDetail): { label?: string } {
  const n = data.mapped?.counts[data.state]
  return n === undefined ? {} : { label: `${count(n)} ${STATES[data.state].label.toLowerCase()}` }
}

function Body({ data }: { data: TaskInstanceDetail }) {
  return (
    <>
      {isWaiting(data.state) && expandedOf(data) === null && <WhySection data={data} />}
      {data.mapped && <InstancesSection mapped={data.mapped} />}
      {data.mapped && data.mapped.failed.length > 0 && <FailedSection data={data} mapped={data.mapped} />}
      <NoteSection data={data} />
      <DurationSection history={data.history} />
      <AttemptSection data={data} />
      <NeighboursSection data={data} />
    </>
  )
}
