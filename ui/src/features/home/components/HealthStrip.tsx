import type { Home, TaskState } from '@/api/contract'
import { Sparkline } from '@/components/Charts'
import { StateGlyph } from '@/components/state/StateGlyph'
import { Strip, type StripItem } from '@/components/Strip'
import { useNow } from '@/lib/clock'
import { count, duration, latency } from '@/lib/durations'
import { links } from '@/lib/links'
import { strings } from '@/lib/strings'

const text = strings.home.health
const CHART = { width: 64, height: 20 }

/** A figure with its unit small, and how it went; a dash where nothing was measured of late. */
function measured(
  of: Home['health']['lag'] | undefined,
  share: 'p50' | 'p99',
  label: (worst: string) => string,
): Pick<StripItem, 'figure' | 'unit' | 'chart'> {
  const value = of?.[share]
  if (of === undefined || value === null || value === undefined) return { figure: of && '–', unit: of && text.idle }
  const [figure, unit] = latency(value).split(' ')
  const points = of.points.map((point) => point ?? 0)
  return {
    figure,
    unit: `${unit ?? ''} ${share}`,
    chart: points.length > 1 && <Sparkline {...CHART} values={points} label={label(latency(Math.max(...points)))} />,
  }
}

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
          label: well ? text.lag : text.scheduler,
          ...(well
            ? measured(health?.lag, 'p50', text.lagChart)
            : { figure: <span className="bad-t">{text.unhealthy}</span> }),
        },
        {
          key: 'commit',
          mark: mark('success'),
          label: text.commit,
          ...measured(health?.commit, 'p99', text.commitChart),
        },
        {
          key: 'running',
          mark: mark('running'),
          label: text.running,
          figure: health && count(health.running),
          unit: health && text.of(count(health.slots)),
          chart: health && health.running_points.length > 1 && (
            <Sparkline
              {...CHART}
              tone="run"
              values={health.running_points}
              label={text.runningChart(count(Math.max(0, ...health.running_points)))}
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
