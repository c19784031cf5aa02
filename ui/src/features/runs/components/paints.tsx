import type { ReactNode } from 'react'
import type { Paint } from '../timeline/bars'
import { strings } from '@/lib/strings'

interface Look {
  className: string
  fill?: string
  width?: number
  dash?: string
}

const SLOT = 'url(#tl-slot)'
const DEFERRED = 'url(#tl-deferred)'

/** How each paint looks; later ones lie above earlier ones. */
const LOOKS: Record<Paint, Look> = {
  bracket: { className: 's-ink-3', width: 1.5 },
  'f-ok-s': { className: 'f-ok-s' },
  'f-run-s': { className: 'f-run-s' },
  'f-bad-s': { className: 'f-bad-s' },
  'f-ok-q': { className: 'f-ok-q' },
  'f-ok': { className: 'f-ok' },
  'f-run': { className: 'f-run' },
  'f-bad': { className: 'f-bad' },
  'f-retry': { className: 'f-retry' },
  'f-wait': { className: 'f-wait' },
  'f-idle': { className: 'f-idle' },
  'f-idle-s': { className: 'f-idle-s' },
  'f-line-2': { className: 'f-line-2' },
  'f-line-3': { className: 'f-line-3' },
  slot: { className: 'tl-edge-idle', fill: SLOT },
  deferred: { className: 'tl-edge-wait', fill: DEFERRED },
  reschedule: { className: 's-wait', dash: '3 2', width: 1.2 },
  delay: { className: 's-retry tl-flat', width: 2, dash: '2 2.5' },
  's-bg': { className: 's-bg tl-flat', width: 1 },
  waits: { className: 's-retry tl-flat', width: 2, dash: '2 2' },
  mark: { className: 'f-bad tl-mark' },
  cross: { className: 's-white', width: 1.5 },
}
const ORDER = Object.keys(LOOKS) as Paint[]

export function Painted({ paths }: { paths: [paint: Paint, d: string][] }) {
  const sorted = [...paths].sort((a, b) => ORDER.indexOf(a[0]) - ORDER.indexOf(b[0]))
  return sorted.map(([paint, d]) => {
    const { className, fill, width, dash } = LOOKS[paint]
    return <path key={paint} className={className} fill={fill} strokeWidth={width} strokeDasharray={dash} d={d} />
  })
}

/** Hatches that the drawing and its legend refer to. */
export function Hatches() {
  return (
    <svg className="tl-defs" width={0} height={0} aria-hidden>
      <defs>
        <pattern id="tl-slot" width={5} height={5} patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width={5} height={5} className="f-bg" />
          <rect width={1.6} height={5} className="f-idle" />
        </pattern>
        <pattern id="tl-deferred" width={5} height={5} patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width={5} height={5} className="f-wait-s" />
          <rect width={1.6} height={5} className="f-wait" />
        </pattern>
      </defs>
    </svg>
  )
}

const BOX = 'M2 0h12a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H2a2 2 0 0 1-2-2V2a2 2 0 0 1 2-2z'
const INNER = 'M2 .5h12a1.5 1.5 0 0 1 1.5 1.5v6a1.5 1.5 0 0 1-1.5 1.5H2A1.5 1.5 0 0 1 .5 8V2A1.5 1.5 0 0 1 2 .5z'
const LEGEND: [label: string, drawing: ReactNode][] = [
  [strings.run.legend.run, <path key="run" className="f-ok" d={BOX} />],
  [strings.run.legend.slot, <path key="slot" className="tl-edge-idle" fill={SLOT} d={INNER} />],
  [strings.run.legend.queued, <path key="queued" className="f-line-3" d={BOX} />],
  [strings.run.legend.deferred, <path key="deferred" className="tl-edge-wait" fill={DEFERRED} d={INNER} />],
  [
    strings.run.legend.failed,
    <g key="failed">
      <path className="f-bad" d={BOX} />
      <path className="s-white" strokeWidth={1.3} d="m6 3 4 4m0-4L6 7" />
    </g>,
  ],
  [
    strings.run.legend.delay,
    <path key="delay" className="s-retry tl-flat" strokeWidth={2} strokeDasharray="2 2.5" d="M0 5h16" />,
  ],
]

export function TimelineLegend() {
  return (
    <div className="legend">
      {LEGEND.map(([label, drawing]) => (
        <span key={label}>
          <svg width={16} height={10} viewBox="0 0 16 10" aria-hidden>
            {drawing}
          </svg>
          {label}
        </span>
      ))}
    </div>
  )
}
