import { createKept, oneOf } from './store'

export type ThemeChoice = 'system' | 'light' | 'dark'

/** public/theme.js applies the same rule before the first paint. */
export const themeChoice = createKept<ThemeChoice>('theme', 'system', oneOf('system', 'light', 'dark'))

const systemIsDark = () => matchMedia('(prefers-color-scheme: dark)')

export function effectiveTheme(): 'light' | 'dark' {
  const choice = themeChoice.get()
  if (choice !== 'system') return choice
  return systemIsDark().matches ? 'dark' : 'light'
}

/** Keeps the root's `data-theme` in step with the choice and the system. */
export function followTheme(): void {
  const apply = () => {
    document.documentElement.dataset.theme = effectiveTheme()
  }
  themeChoice.subscribe(apply)
  systemIsDark().addEventListener('change', apply)
  apply()
}

export function toggleTheme(): void {
  themeChoice.set(effectiveTheme() === 'dark' ? 'light' : 'dark')
}
