import type { LogLine } from '@/api/contract'

export type Level = 'debug' | 'info' | 'warning' | 'error'

/** As the search of the server understands it: `error` includes what is worse. */
export const LEVELS: Level[] = ['info', 'warning', 'error']

export function isLevel(text: string | null): text is Level {
  return text !== null && LEVELS.some((level) => level === text)
}

export interface LevelLook {
  /** Class of styles/logs.css. */ look: Level | 'out'
  label: string
}

/** How a line looks by its level; what a task only printed has a source in place of one. */
export function lookOf(line: LogLine): LevelLook {
  const level = line.level?.toLowerCase() ?? ''
  if (level === 'error' || level === 'critical' || level === 'fatal' || level === 'exception') {
    return {
      look: 'error',
      label: line.source === 'stderr' ? 'err' : level === 'error' || level === 'exception' ? 'ERROR' : 'CRIT',
    }
  }
  if (line.source === 'stdout') return { look: 'out', label: 'out' }
  if (level === 'warning' || level === 'warn') return { look: 'warning', label: 'WARN' }
  if (level === 'debug' || level === 'trace') return { look: 'debug', label: 'DEBUG' }
  return { look: 'info', label: level === 'info' ? 'INFO' : level.toUpperCase().slice(0, 5) }
}
