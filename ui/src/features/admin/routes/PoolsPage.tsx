import { ShareBar } from '@/components/Charts'
import { Facts } from '@/components/Controls'
import { PanelSection } from '@/components/DetailPanel'
import { count } from '@/lib/durations'
import { strings } from '@/lib/strings'
import { ResourcePage } from '../components/ResourcePage'
import { isUnlimited, poolShares, poolSpec, poolUse, type Pool } from '../resources/pool'

const text = strings.admin.pools
const BAR_WIDTH = 200
const PANEL_BAR_WIDTH = 328
const COLUMNS = [text.running, text.queued, text.scheduled, text.deferredCount, text.open, text.slots]

export default function PoolsPage() {
  return (
    <ResourcePage
      spec={poolSpec}
      words={text}
      template="pool-list"
      facts={(pool) => <Use pool={pool} />}
      row={(pool) => <Row pool={pool} />}
      head={
        <>
          <span role="columnheader">{text.name}</span>
          <span role="columnheader">{text.use}</span>
          {COLUMNS.map((column) => (
            <span key={column} role="columnheader" className="r">
              {column}
            </span>
          ))}
          <span role="columnheader" className="wide-cell">
            {text.description}
          </span>
        </>
      }
    />
  )
}

function Row({ pool }: { pool: Pool }) {
  const full = !isUnlimited(pool) && pool.open_slots <= 0
  const figure = (value: number, tone = '') => (
    <span role="cell" className={`r ${value === 0 ? 'i3' : tone}`}>
      {count(value)}
    </span>
  )
  return (
    <>
      <span role="cell" className="name ell">
        {pool.name}
      </span>
      <span role="cell">
        {!isUnlimited(pool) && <ShareBar width={BAR_WIDTH} label={poolUse(pool)} shares={poolShares(pool)} />}
      </span>
      {figure(pool.running_slots)}
      {figure(pool.queued_slots)}
      {figure(pool.scheduled_slots)}
      {figure(pool.deferred_slots)}
      <span role="cell" className={full ? 'r retry-t w5' : 'r'}>
        {isUnlimited(pool) ? '–' : full ? text.full : count(pool.open_slots)}
      </span>
      <span role="cell" className="r">
        {isUnlimited(pool) ? text.unlimited : count(pool.slots)}
      </span>
      <span role="cell" className="m ell wide-cell">
        {pool.description}
      </span>
    </>
  )
}

function Use({ pool }: { pool: Pool }) {
  return (
    <PanelSection title={text.use} more={poolUse(pool)}>
      {!isUnlimited(pool) && (
        <div className="res-bar">
          <ShareBar width={PANEL_BAR_WIDTH} label={poolUse(pool)} shares={poolShares(pool)} />
        </div>
      )}
      <Facts
        rows={[
          [text.running, count(pool.running_slots)],
          [text.queued, count(pool.queued_slots)],
          [text.scheduled, count(pool.scheduled_slots)],
          [text.deferredCount, count(pool.deferred_slots)],
        ]}
      />
    </PanelSection>
  )
}
