import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { Icon } from './Icon'

export interface TabLink {
  label: string
  href: string
  icon?: LucideIcon
  count?: ReactNode
  bad?: boolean
  on: boolean
}

/** Tabs that are places: each has its address. */
export function TabLinks({ tabs, label }: { tabs: TabLink[]; label: string }) {
  return (
    <nav className="tabs" aria-label={label}>
      {tabs.map((tab) => (
        <Link
          key={tab.label}
          href={tab.href}
          className={tab.on ? 'tab on' : 'tab'}
          aria-current={tab.on ? 'page' : undefined}
        >
          {tab.icon && <Icon of={tab.icon} size={14} />}
          {tab.label}
          {tab.count !== undefined && <span className={tab.bad ? 'n bad' : 'n'}>{tab.count}</span>}
        </Link>
      ))}
    </nav>
  )
}

export interface TabChoice<T extends string> {
  value: T
  label: string
  count?: ReactNode
  bad?: boolean
  icon?: LucideIcon
}

/** Tabs that choose a view of the same place. */
export function TabChoices<T extends string>({
  tabs,
  value,
  onChange,
  label,
}: {
  tabs: readonly TabChoice<T>[]
  value: T
  onChange: (value: T) => void
  label: string
}) {
  return (
    <div className="tabs" role="tablist" aria-label={label}>
      {tabs.map((tab) => (
        <button
          key={tab.value}
          type="button"
          role="tab"
          aria-selected={tab.value === value}
          className={tab.value === value ? 'tab on' : 'tab'}
          onClick={() => onChange(tab.value)}
        >
          {tab.icon && <Icon of={tab.icon} size={14} />}
          {tab.label}
          {tab.count !== undefined && <span className={tab.bad ? 'n bad' : 'n'}>{tab.count}</span>}
        </button>
      ))}
    </div>
  )
}
