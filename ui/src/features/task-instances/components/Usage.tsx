import type { Attempt } from '@/api/contract'
import { Sparkline } from '@/components/Charts'
import { PanelSection } from '@/components/DetailPanel'
import { bytes, duration } from '@/lib/durations'
import { strings } from '@/lib/strings'
import { coresOf, peakOf } from '../model'

const text = strings.tasks
const TILE = { memory: { width: 132, height: 20 }, cpu: { width: 36, height: 14 } }
const PANEL = { width: 168, height: 24 }

/** What a try used, in its tile: over time where that is known, else as the process left it. */
export function TileUsage({ attempt }: { attempt: Attempt }) {
  const cores = coresOf(attempt)
  const peak = peakOf(attempt)
  if (peak === null && cores === null) return null
  return (
    <span className={attempt.usage ? 'use drawn' : 'use'}>
      {peak !== null && (
        <span>
          <span>{text.memory}</span>
          <b>{bytes(peak)}</b>
        </span>
      )}
      {attempt.usage && peak !== null && <MemoryLine usage={attempt.usage} peak={peak} {...TILE.memory} />}
      {cores !== null && (
        <span>
          <span>{text.cpu}</span>
          {attempt.usage && <CpuLine usage={attempt.usage} cores={cores} {...TILE.cpu} />}
          <b>{text.cores(cores)}</b>
        </span>
      )}
    </span>
  )
}

/** The same in the side panel, where there is room to read it. */
export function UsageSection({ attempt }: { attempt: Attempt | undefined }) {
  const usage = attempt?.usage
  if (!usage) return null
  const cores = coresOf(attempt)
  const peak = peakOf(attempt)
  return (
    <PanelSection title={text.usage(attempt.try_number)} more={text.every(duration(usage.interval))}>
      <dl className="usage">
        {cores !== null && (
          <div>
            <dt>{text.cpu}</dt>
            <dd>
              <CpuLine usage={usage} cores={cores} {...PANEL} />
            </dd>
            <dd>{text.cores(cores)}</dd>
          </div>
        )}
        {peak !== null && (
          <div>
            <dt>{text.memoryName}</dt>
            <dd>
              <MemoryLine usage={usage} peak={peak} {...PANEL} />
            </dd>
            <dd>{text.peak(bytes(peak))}</dd>
          </div>
        )}
      </dl>
    </PanelSection>
  )
}

interface LineProps {
  usage: NonNullable<Attempt['usage']>
  width: number
  height: number
}

function MemoryLine({ usage, peak, ...size }: LineProps & { peak: number }) {
  const label = `${text.memoryName}, ${text.peak(bytes(peak))}`
  return <Sparkline values={usage.points.map(([, rss]) => rss)} label={label} bare {...size} />
}

function CpuLine({ usage, cores, ...size }: LineProps & { cores: string }) {
  const label = `${text.cpu}, ${text.cores(cores)}`
  return <Sparkline values={usage.points.map(([cpu]) => cpu)} label={label} tone="run" bare {...size} />
}
