import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import type { LogBlock, LogMatches } from '@/api/contract'
import type { LogSource } from '../api/log'
import { searchQuery } from '../api/search'
import type { Level } from '../model/level'
import {
  allLines,
  depthsOf,
  groupsOf,
  hiddenLines,
  lastWhere,
  listedLines,
  type Group,
  type LineMap,
} from '../model/lines'
import { GROUP_END, GROUP_START } from '../model/text'
import type { GroupRow } from './LogRow'

/** Counting the usual lines of a long log costs the server more than the number is worth. */
const COUNTED_LINES_MAX = 100_000
const NONE: readonly number[] = []

export interface Found {
  errors: readonly number[]
  warnings: readonly number[]
  hits: readonly number[]
  matches: LogMatches | undefined
  /** Set when only lines of one level are shown. */
  filtered: LogMatches | undefined
  counts: Partial<Record<Level, number>>
  groups: Group[]
}

/** What the server finds in the whole log: levels, groups, and the lines with a text. */
export function useFound(source: LogSource, tail: LogBlock, query: string, level: Level | null): Found {
  const { complete, total } = tail
  const some = total > 0
  const errors = useQuery({ ...searchQuery(source, complete, { level: 'error' }), enabled: some }).data
  const warnings = useQuery({ ...searchQuery(source, complete, { level: 'warning' }), enabled: some }).data
  const infos = useQuery({
    ...searchQuery(source, complete, { level: 'info' }),
    enabled: some && (total <= COUNTED_LINES_MAX || level === 'info'),
  }).data
  const matches = useQuery({ ...searchQuery(source, complete, { q: query }), enabled: some && query !== '' }).data
  const starts = useQuery({ ...searchQuery(source, complete, { q: GROUP_START }), enabled: some }).data?.lines
  const ends = useQuery({ ...searchQuery(source, complete, { q: GROUP_END }), enabled: some }).data?.lines
  const groups = useMemo(() => groupsOf(starts ?? NONE, ends ?? NONE), [starts, ends])
  const byLevel = { info: infos, warning: warnings, error: errors, debug: undefined }
  const counts: Found['counts'] = {}
  for (const one of ['info', 'warning', 'error'] as const) if (byLevel[one]) counts[one] = byLevel[one].total
  return {
    errors: errors?.lines ?? NONE,
    warnings: warnings?.lines ?? NONE,
    matches: query === '' ? undefined : matches,
    hits: query === '' ? NONE : (matches?.lines ?? NONE),
    filtered: level === null ? undefined : byLevel[level],
    counts,
    groups,
  }
}

export interface Rows {
  map: LineMap
  groupAt: (line: number) => GroupRow | null
  depthAt: (line: number) => number
  toggle: (line: number) => void
  /** Opens every group around a line. */
  reveal: (line: number) => void
}

/** Which lines have a row. A group that ended well begins closed; one with a warning or an error in it is open. */
export function useRows(tail: LogBlock, level: Level | null, found: Found): Rows {
  const [chosen, setChosen] = useState<ReadonlyMap<number, boolean>>(new Map())
  const { errors, warnings, filtered, groups } = found
  const byLine = useMemo(() => new Map(groups.map((group) => [group.start, group])), [groups])
  const isClosed = useMemo(() => {
    const hasOne = (lines: readonly number[], group: Group) =>
      (lines[lastWhere(lines.length, (at) => (lines[at] ?? 0) < (group.end ?? 0))] ?? 0) > group.start
    return (group: Group) =>
      chosen.get(group.start) ?? (group.end !== null && !hasOne(errors, group) && !hasOne(warnings, group))
  }, [chosen, errors, warnings])
  const map = useMemo(
    () =>
      level === null
        ? allLines(tail.total, hiddenLines(groups, isClosed, tail.total))
        : listedLines(filtered?.lines ?? NONE),
    [level, tail.total, groups, isClosed, filtered],
  )
  const depthAt = useMemo(() => (level === null ? depthsOf(groups) : () => 0), [level, groups])
  const set = (lines: number[], closed: boolean) =>
    setChosen((known) => new Map([...known, ...lines.map((line) => [line, closed] as const)]))
  return {
    map,
    depthAt,
    groupAt: (line) => {
      const group = byLine.get(line)
      return group === undefined || level !== null
        ? null
        : { closed: isClosed(group), lines: group.end === null ? null : group.end - group.start - 1 }
    },
    toggle: (line) => {
      const group = byLine.get(line)
      if (group) set([line], !isClosed(group))
    },
    reveal: (line) => {
      const around = groups.filter(
        (group) => group.start < line && line <= (group.end ?? tail.total) && isClosed(group),
      )
      if (around.length > 0)
        set(
          around.map((group) => group.start),
          false,
        )
    },
  }
}
