import type { Home, TaskState } from '@/api/contract'
import { ShareBar } from '@/components/Charts'
import { StateGlyph } from '@/components/state/StateGlyph'
import { Strip } from '@/components/Strip'
import { useNow } from '@/lib/clock'
import { count, duration } from '@/lib/durations'
import { links } from '@/lib/links'
import { strings } from '@/lib/strings'

const text = strings.home.health
const BAR_WIDTH = 64

export function HealthStrip({ health }: { health: Home['health'] | undefined }) {
  const now = useNow()
  const mark = (state: TaskState) => <StateGlyph state={state} size={10} quiet />
  const well = health === undefined || health.scheduler === 'healthy'
  const errors = health?.import_errors ?? 0
  return (
    <Strip
      label={text.label}
      items={[
        {
          key: 'scheduler',
          mark: mark(well ? 'success' : 'failed'),
          label: text.scheduler,
          figure: health && <span className={well ? '' : 'bad-t'}>{text[health.scheduler]}</span>,
        },
        {
          key: 'running',
          mark: mark('running'),
          label: text.running,
          figure: health && count(health.running),
          unit: health && text.of(count(health.slots)),
          chart: health && health.slots > 0 && (
            <ShareBar
              width={BAR_WIDTH}
              label={text.use(count(health.running), count(health.slots))}
              shares={[
                { value: health.running, paint: 'bg-run' },
                { value: Math.max(0, health.slots - health.running), paint: '' },
              ]}
            />
          ),
        },
        {
          key: 'queue',
          mark: mark('queued'),
          label: text.queue,
          figure: health && count(health.queued),
          unit:
            health && (health.oldest_queued === null ? text.empty : text.oldest(duration(now - health.oldest_queued))),
        },
        {
          key: 'deferred',
          mark: mark('deferred'),
          label: text.deferred,
          figure: health && count(health.deferred),
          unit: text.noSlots,
        },
        {
          key: 'files',
          mark: mark(errors > 0 ? 'failed' : 'success'),
          label: text.files,
          figure: health && count(health.dag_files),
          unit: health && (errors > 0 ? <span className="bad-t">{text.errors(count(errors))}</span> : text.noErrors),
          ...(errors > 0 && { href: links.importErrors() }),
        },
      ]}
    />
  )
}
