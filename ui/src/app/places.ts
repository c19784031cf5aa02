import {
  CirclePlay,
  Gauge,
  House,
  Layers,
  Plug,
  ScrollText,
  TriangleAlert,
  Variable,
  Workflow,
  type LucideIcon,
} from 'lucide-react'
import type { Nav, Role } from '@/api/contract'
import { links } from '@/lib/links'
import { isAllowed } from '@/lib/session'
import { strings } from '@/lib/strings'

export interface Place {
  key: string
  label: string
  href: string
  icon: LucideIcon
  /** With `g` before it. */
  letter?: string
  count?: (nav: Nav) => number
  /** A count that is an error: red, and a dot on the rail. */
  hot?: boolean
  /** The least role that the server lets in. */
  role?: Role
}

/** The navigation: only places that exist. */
export const PLACES: Place[] = [
  { key: 'home', label: strings.nav.home, href: links.home(), icon: House, letter: 'h' },
  { key: 'dags', label: strings.nav.dags, href: links.dags(), icon: Workflow, letter: 'd', count: (nav) => nav.dags },
  {
    key: 'runs',
    label: strings.nav.runs,
    href: links.runs(),
    icon: CirclePlay,
    letter: 'r',
    count: (nav) => nav.active_runs,
  },
]

export const OPERATE: Place[] = [
  {
    key: 'import-errors',
    label: strings.nav.importErrors,
    href: links.importErrors(),
    icon: TriangleAlert,
    count: (nav) => nav.import_errors,
    hot: true,
  },
  { key: 'pools', label: strings.nav.pools, href: links.pools(), icon: Layers },
  { key: 'system', label: strings.nav.system, href: links.system(), icon: Gauge },
  { key: 'connections', label: strings.nav.connections, href: links.connections(), icon: Plug, role: 'op' },
  { key: 'variables', label: strings.nav.variables, href: links.variables(), icon: Variable, role: 'op' },
  { key: 'audit-log', label: strings.nav.auditLog, href: links.auditLog(), icon: ScrollText },
]

export const ALL_PLACES = () => [...PLACES, ...OPERATE]

export const placesFor = (role: Role) =>
  ALL_PLACES().filter((place) => place.role === undefined || isAllowed(role, place.role))

/** The place an address belongs to. */
export function placeOf(location: string): string | null {
  const hit = ALL_PLACES().find(
    (place) => place.href !== '/' && (location === place.href || location.startsWith(`${place.href}/`)),
  )
  return hit?.key ?? (location === '/' ? 'home' : null)
}
