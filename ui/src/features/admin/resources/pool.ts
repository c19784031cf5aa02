import { count, plural } from '@/lib/durations'
import { strings } from '@/lib/strings'
import { atMost, needed, orNull, problems, readWhole, textOf, type Spec } from './spec'

const text = strings.admin.pools
const UNLIMITED = -1
const NAME_MAX = 256
export const DEFAULT_POOL = 'default_pool'

/** Airflow's `PoolResponse`. */
export interface Pool {
  name: string
  slots: number
  description: string | null
  include_deferred: boolean
  occupied_slots: number
  running_slots: number
  queued_slots: number
  scheduled_slots: number
  open_slots: number
  deferred_slots: number
}

export const isUnlimited = (pool: Pool) => pool.slots === UNLIMITED

export const poolSpec: Spec<Pool> = {
  plural: 'pools',
  id: 'name',
  search: 'pool_name_pattern',
  idOf: (pool) => pool.name,
  fields: [
    { name: 'name', label: text.name, kind: 'text', fixed: true },
    { name: 'slots', label: text.slots, kind: 'number', help: text.slotsHelp },
    { name: 'description', label: text.description, kind: 'lines', optional: true },
    { name: 'include_deferred', label: text.deferred, kind: 'switch' },
  ],
  toForm: (pool) => ({
    name: pool?.name ?? '',
    slots: pool ? String(pool.slots) : '1',
    description: pool?.description ?? '',
    include_deferred: pool?.include_deferred ?? false,
  }),
  check: (form) => {
    const slots = readWhole(textOf(form.slots))
    const { wrong } = strings.admin
    return problems({
      name: needed(form.name) ?? atMost(form.name, NAME_MAX),
      slots: slots === null ? wrong.whole : slots < UNLIMITED ? wrong.slots : null,
    })
  },
  body: (form) => ({
    name: textOf(form.name),
    slots: readWhole(textOf(form.slots)),
    description: orNull(form.description),
    include_deferred: form.include_deferred === true,
  }),
  change: (form, _, names) => {
    const whole = poolSpec.body(form)
    return { body: Object.fromEntries(names.map((name) => [name, whole[name]])), mask: names }
  },
  goes: (pool) => [
    text.goes(isUnlimited(pool) ? text.unlimited : plural(pool.slots, ...text.slotWords)),
    ...(pool.occupied_slots > 0 ? [text.users(plural(pool.occupied_slots, ...text.userWords))] : []),
    text.waits,
  ],
  deletable: (pool) => pool.name !== DEFAULT_POOL,
}

/** Shares of a pool's slots for its bar; without a limit there is nothing to be a share of but what is in use. */
export function poolShares(pool: Pool): { value: number; paint: string }[] {
  return [
    { value: pool.running_slots, paint: 'bg-run' },
    { value: pool.queued_slots, paint: 'bg-queued' },
    ...(pool.include_deferred ? [{ value: pool.deferred_slots, paint: 'bg-wait' }] : []),
    { value: Math.max(0, pool.open_slots), paint: '' },
  ]
}

export function poolUse(pool: Pool): string {
  return isUnlimited(pool)
    ? text.noLimit(count(pool.occupied_slots))
    : text.of(count(pool.occupied_slots), count(pool.slots))
}
