import { ChevronDown, Route as RouteIcon } from 'lucide-react'
import type { RunBar } from '@/api/contract'
import { Button } from '@/components/Button'
import { Segmented } from '@/components/Controls'
import { Fold } from '@/components/Fold'
import { Icon } from '@/components/Icon'
import { Menu, Popover } from '@/components/Popover'
import { SearchField } from '@/components/SearchField'
import { StateGlyph } from '@/components/state/StateGlyph'
import { STATES } from '@/components/state/table'
import type { Side } from '@/graph/model'
import { useDates } from '@/lib/dates'
import { strings } from '@/lib/strings'

const text = strings.graph
const LEVELS = [
  { value: '1', label: text.level1 },
  { value: '2', label: text.level2 },
  { value: 'all', label: text.all },
] as const
export type Level = (typeof LEVELS)[number]['value'] | 'own'

export function GraphTools({
  runs,
  run,
  withStates,
  onRun,
  find,
  onFind,
  level,
  onLevel,
  path,
  onPath,
  side,
  onWhole,
}: {
  runs: RunBar[]
  run: RunBar | null
  /** The states of a run are drawn: the legend names them. */
  withStates: boolean
  onRun: (runId: string) => void
  find: string
  onFind: (value: string) => void
  /** 'own': groups were opened or closed by hand. */
  level: Level
  onLevel: (level: Level) => void
  /** Whether the critical path stands out. */
  path: boolean
  onPath: () => void
  side: { side: Side; task: string } | null
  onWhole: () => void
}) {
  const dates = useDates()
  return (
    <div className="tool">
      {runs.length > 0 && (
        <Popover
          label={text.run}
          trigger={(props) => (
            <Button {...props}>
              {run && <StateGlyph state={run.state} size={12} />}
              {run ? dates.dateTime(run.run_after) : text.structure}
              <Icon of={ChevronDown} size={14} />
            </Button>
          )}
        >
          {(close) => (
            <Menu
              close={close}
              items={[
                ...[...runs].reverse().map((one) => ({
                  key: one.run_id,
                  on: one.run_id === run?.run_id,
                  label: (
                    <>
                      <StateGlyph state={one.state} />
                      {dates.dateTime(one.run_after)}
                    </>
                  ),
                  run: () => onRun(one.run_id),
                })),
                { key: '', on: run === null, label: text.structure, run: () => onRun('none') },
              ]}
            />
          )}
        </Popover>
      )}
      <SearchField width={184} value={find} onChange={onFind} placeholder={text.find} />
      <Fold>
        <Segmented<Level> label={text.levels} choices={LEVELS} value={level} onChange={onLevel} />
        {withStates && (
          <Button icon={RouteIcon} hint="K" pressed={path} onClick={onPath}>
            {strings.run.critical}
          </Button>
        )}
        {side && (
          <>
            <span className="t12 i2 nowrap">{text.side[side.side](side.task)}</span>
            <Button onClick={onWhole}>{text.whole}</Button>
          </>
        )}
      </Fold>
      {withStates && (
        <div className="legend">
          {(['success', 'running', 'queued', 'none', 'skipped'] as const).map((state) => (
            <span key={state}>
              <StateGlyph state={state} size={12} quiet />
              {STATES[state].label.toLowerCase()}
            </span>
          ))}
          <span>
            <i className="dash" />
            {text.legendDone}
          </span>
          <span>
            <i className="dash wait" />
            {text.legendWait}
          </span>
          <span>
            <i className="dash skip" />
            {text.legendSkip}
          </span>
        </div>
      )}
    </div>
  )
}
