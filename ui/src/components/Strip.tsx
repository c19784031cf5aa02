import type { ReactNode } from 'react'
import { Link } from 'wouter'

export interface StripItem {
  key: string
  mark: ReactNode
  label: string
  /** undefined while it loads. */
  figure: ReactNode | undefined
  unit?: ReactNode
  chart?: ReactNode
  href?: string
}

/** Headline figures side by side. */
export function Strip({ items, label }: { items: StripItem[]; label: string }) {
  return (
    <ul className="strip" aria-label={label} style={{ gridTemplateColumns: `repeat(${String(items.length)}, 1fr)` }}>
      {items.map((item) => (
        <li key={item.key}>
          <span className="k">
            {item.mark}
            {item.href === undefined ? (
              item.label
            ) : (
              <Link className="link cover" href={item.href}>
                {item.label}
              </Link>
            )}
          </span>
          {item.figure === undefined ? (
            <span className="bones" aria-busy="true">
              <i />
            </span>
          ) : (
            <span className="v">
              {item.figure}
              {item.unit !== undefined && <small>{item.unit}</small>}
            </span>
          )}
          {item.chart}
        </li>
      ))}
    </ul>
  )
}
