import type { LucideIcon } from 'lucide-react'
import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react'
import { Icon } from './Icon'

interface Common extends ButtonHTMLAttributes<HTMLButtonElement> {
  icon?: LucideIcon
  /** The one filled button of a screen, a warning, or one without a frame. */
  look?: 'primary' | 'danger' | 'bare'
  small?: boolean
  pressed?: boolean
  ref?: Ref<HTMLButtonElement>
}

const LOOKS = { primary: 'pri', danger: 'bad', bare: 'bare' } as const

function classes(look: Common['look'], small?: boolean, pressed?: boolean, extra?: string): string {
  return ['btn', look && LOOKS[look], small && 'sm', pressed && 'on', extra].filter(Boolean).join(' ')
}

export function Button({
  icon,
  look,
  small,
  pressed,
  hint,
  children,
  ...rest
}: Common & { children: ReactNode; /** Its key. */ hint?: string }) {
  return (
    <button type="button" {...rest} className={classes(look, small, pressed, rest.className)} aria-pressed={pressed}>
      {icon && <Icon of={icon} size={14} />}
      {children}
      {hint && <Kbd>{hint}</Kbd>}
    </button>
  )
}

/** A button of an icon alone; its label is spoken and shown on hover. */
export function IconButton({
  icon,
  look,
  small,
  pressed,
  label,
  ...rest
}: Common & { icon: LucideIcon; label: string }) {
  return (
    <button
      type="button"
      {...rest}
      className={classes(look, small, pressed, rest.className === undefined ? 'ico' : `ico ${rest.className}`)}
      aria-pressed={pressed}
      aria-label={label}
      title={label}
    >
      <Icon of={icon} size={look === 'bare' ? 16 : 14} />
    </button>
  )
}

export function Kbd({ children }: { children: ReactNode }) {
  return <span className="kbd">{children}</span>
}
