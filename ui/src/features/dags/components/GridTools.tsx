import { Calendar, ChevronDown, ChevronsDownUp, ChevronsUpDown, Filter } from 'lucide-react'
import type { RunState, RunType } from '@/api/contract'
import { Button, IconButton } from '@/components/Button'
import { Segmented } from '@/components/Controls'
import { Fold } from '@/components/Fold'
import { Icon } from '@/components/Icon'
import { Menu, Popover } from '@/components/Popover'
import { SearchField } from '@/components/SearchField'
import { StateGlyph, StateLegend } from '@/components/state/StateGlyph'
import { STATES } from '@/components/state/table'
import { strings } from '@/lib/strings'

const text = strings.dags.grid
const TYPES = [
  { value: 'all', label: text.allRuns },
  { value: 'scheduled', label: text.scheduled },
  { value: 'manual', label: text.manual },
  { value: 'asset_triggered', label: text.asset },
  { value: 'backfill', label: text.backfill },
] as const
const RUN_STATES: RunState[] = ['failed', 'running', 'queued', 'success']
export const RUN_CHOICES = [12, 36, 72, 144, 360]

export interface GridChoices {
  filter: string
  runType: RunType | null
  state: RunState | null
  runs: number
}

export function GridTools({
  choices,
  onChange,
  onFold,
}: {
  choices: GridChoices
  onChange: (patch: Partial<GridChoices>) => void
  onFold: (open: boolean) => void
}) {
  const { filter, runType, state, runs } = choices
  return (
    <div className="tool">
      <SearchField
        width={200}
        value={filter}
        onChange={(value) => onChange({ filter: value })}
        placeholder={text.filter}
      />
      <Fold>
        <Segmented
          label={text.types}
          choices={TYPES}
          value={TYPES.find((one) => one.value === runType)?.value ?? 'all'}
          onChange={(value) => onChange({ runType: value === 'all' ? null : value })}
        />
        <Popover
          label={text.state}
          trigger={(props) => (
            <Button {...props} icon={Filter} pressed={state !== null}>
              {state === null ? text.state : STATES[state].label}
            </Button>
          )}
        >
          {(close) => (
            <Menu
              close={close}
              items={[
                { key: 'any', label: text.anyState, on: state === null, run: () => onChange({ state: null }) },
                ...RUN_STATES.map((one) => ({
                  key: one,
                  label: (
                    <>
                      <StateGlyph state={one} quiet />
                      {STATES[one].label}
                    </>
                  ),
                  on: one === state,
                  run: () => onChange({ state: one }),
                })),
              ]}
            />
          )}
        </Popover>
        <Popover
          label={text.runs(runs)}
          trigger={(props) => (
            <Button {...props} icon={Calendar}>
              {text.runs(runs)}
              <Icon of={ChevronDown} size={14} />
            </Button>
          )}
        >
          {(close) => (
            <Menu
              close={close}
              items={RUN_CHOICES.map((n) => ({
                key: String(n),
                label: text.runs(n),
                on: n === runs,
                run: () => onChange({ runs: n }),
              }))}
            />
          )}
        </Popover>
        <IconButton icon={ChevronsUpDown} label={text.expand} onClick={() => onFold(true)} />
        <IconButton icon={ChevronsDownUp} label={text.collapse} onClick={() => onFold(false)} />
      </Fold>
      <StateLegend states={['success', 'failed', 'upstream_failed', 'running', 'queued', 'skipped']} />
    </div>
  )
}
