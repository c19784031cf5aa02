import type { LucideIcon } from 'lucide-react'

/** A Lucide icon at 14 or 16 px with a stroke of 1.5 px on screen. */
export function Icon({ of: Drawn, size = 16 }: { of: LucideIcon; size?: 12 | 14 | 16 }) {
  return <Drawn size={size} strokeWidth={1.5} nonScalingStroke aria-hidden />
}

export function Logo({ size }: { size: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth={2}
      strokeLinecap="round"
      aria-hidden
    >
      <path d="M2 6.2h9.2a2.6 2.6 0 1 0-2.5-3.3" />
      <path d="M2 10h13.6a2.7 2.7 0 1 1-2.6 3.4" />
      <path d="M2 13.8h5.4a2.1 2.1 0 1 1-2 2.7" />
    </svg>
  )
}
