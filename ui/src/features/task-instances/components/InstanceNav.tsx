import { useQuery } from '@tanstack/react-query'
import { ArrowDown, ArrowUp, ChevronDown } from 'lucide-react'
import { useLocation } from 'wouter'
import type { TaskInstanceDetail } from '@/api/contract'
import { IconButton } from '@/components/Button'
import { Icon } from '@/components/Icon'
import { Menu, Popover } from '@/components/Popover'
import { StateGlyph } from '@/components/state/StateGlyph'
import { count } from '@/lib/durations'
import { useKeys } from '@/lib/keys'
import { links } from '@/lib/links'
import { strings } from '@/lib/strings'
import { taskInstanceQuery } from '../api/detail'

const text = strings.tasks

/** The instance among its siblings: the failed ones and all of them behind its name. */
export function InstanceMenu({ data }: { data: TaskInstanceDetail }) {
  const [, navigate] = useLocation()
  const mapped = useQuery(taskInstanceQuery(data.dag_id, data.run_id, data.task_id)).data?.mapped
  const go = (mapIndex: number) => navigate(links.task(data.dag_id, data.run_id, data.task_id, mapIndex))
  const failed = (mapped?.failed ?? []).map((one) => ({
    key: String(one.map_index),
    on: one.map_index === data.map_index,
    note: one.reason ?? undefined,
    run: () => go(one.map_index),
    label: (
      <>
        <StateGlyph state={one.state} />
        <span className="mono">[{one.map_index}]</span>
        <span className="ell">{one.label}</span>
      </>
    ),
  }))
  return (
    <Popover
      label={text.instances}
      trigger={(props) => (
        <button
          type="button"
          {...props}
          className="tok instance"
          aria-label={text.instanceOf(data.map_index, data.label ?? '')}
          title={data.label ?? undefined}
        >
          <b>[{data.map_index}]</b>
          <span className="ell">{data.label}</span>
          <Icon of={ChevronDown} size={12} />
        </button>
      )}
    >
      {(close) => (
        <Menu
          close={close}
          items={[
            { key: 'all', label: mapped ? text.all(count(mapped.total)) : text.instances, run: () => go(-1) },
            ...failed,
          ]}
        />
      )}
    </Popover>
  )
}

/** One instance on, one back. */
export function InstanceSteps({ data }: { data: TaskInstanceDetail }) {
  const [, navigate] = useLocation()
  const total = useQuery(taskInstanceQuery(data.dag_id, data.run_id, data.task_id)).data?.mapped?.total ?? 0
  const step = (by: number) => {
    const to = data.map_index + by
    if (to >= 0 && to < total) navigate(links.task(data.dag_id, data.run_id, data.task_id, to))
  }
  useKeys([{ keys: ['[', ']'], label: text.keys.instance, run: (key) => step(key === '[' ? -1 : 1), foot: true }])
  return (
    <>
      {total > 0 && <span className="t12 i3 nowrap">{text.count(count(total))}</span>}
      <IconButton
        icon={ArrowUp}
        look="bare"
        label={text.previous}
        disabled={data.map_index === 0}
        onClick={() => step(-1)}
      />
      <IconButton
        icon={ArrowDown}
        look="bare"
        label={text.next}
        disabled={data.map_index >= total - 1}
        onClick={() => step(1)}
      />
    </>
  )
}
