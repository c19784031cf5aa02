/** Which line stands in which row. Lines count from 1 as in the log, rows from 0. */
export interface LineMap {
  rows: number
  lineAt: (row: number) => number
  /** The row of a line; of one that is hidden, the row that stands for it. */
  rowOf: (line: number) => number
}

export interface Group {
  /** The line that opens it, and that stands for it when it is closed. */ start: number
  /** The line that closes it; null: not yet. */ end: number | null
  depth: number
}
export interface Range {
  from: number
  to: number
}

/** Pairs the lines that open and close groups. One that closes nothing is left out. */
export function groupsOf(starts: readonly number[], ends: readonly number[]): Group[] {
  const marks = [
    ...starts.map((line) => ({ line, opens: true })),
    ...ends.map((line) => ({ line, opens: false })),
  ].sort((a, b) => a.line - b.line)
  const groups: Group[] = []
  const open: Group[] = []
  for (const { line, opens } of marks) {
    if (opens) {
      const group: Group = { start: line, end: null, depth: open.length }
      groups.push(group)
      open.push(group)
    } else {
      const closed = open.pop()
      if (closed) closed.end = line
    }
  }
  return groups
}

/** The lines that are not shown: the bodies of closed groups, and the lines that only close one. */
export function hiddenLines(groups: readonly Group[], isClosed: (group: Group) => boolean, total: number): Range[] {
  const ranges = groups.flatMap((group): Range[] => {
    const to = group.end ?? total
    if (isClosed(group)) return to > group.start ? [{ from: group.start + 1, to }] : []
    return group.end === null ? [] : [{ from: group.end, to: group.end }]
  })
  return merged(ranges)
}

function merged(ranges: Range[]): Range[] {
  const sorted = [...ranges].sort((a, b) => a.from - b.from)
  const whole: Range[] = []
  for (const range of sorted) {
    const last = whole.at(-1)
    if (last && range.from <= last.to + 1) last.to = Math.max(last.to, range.to)
    else whole.push({ ...range })
  }
  return whole
}

/** How deep lines stand in groups: what opens or closes one stands outside. */
export function depthsOf(groups: readonly Group[]): (line: number) => number {
  const steps = groups
    .flatMap((group) => [
      { line: group.start + 1, depth: group.depth + 1 },
      ...(group.end === null ? [] : [{ line: group.end, depth: group.depth }]),
    ])
    .sort((a, b) => a.line - b.line)
  return (line) => steps[lastWhere(steps.length, (at) => (steps[at]?.line ?? 0) <= line)]?.depth ?? 0
}

/** Every line of the log but the hidden ones. */
export function allLines(total: number, hidden: readonly Range[]): LineMap {
  // Behind the i-th range, rows lag lines by `lags[i]`.
  const lags: number[] = []
  let lag = 0
  for (const range of hidden) {
    lag += range.to - range.from + 1
    lags.push(lag)
  }
  return {
    rows: Math.max(0, total - lag),
    lineAt: (row) => {
      const i = lastWhere(hidden.length, (at) => (hidden[at]?.from ?? 0) - 1 - (lags[at - 1] ?? 0) <= row)
      return row + 1 + (i < 0 ? 0 : (lags[i] ?? 0))
    },
    rowOf: (line) => {
      const i = lastWhere(hidden.length, (at) => (hidden[at]?.from ?? 0) <= line)
      const range = hidden[i]
      const shown = range && line <= range.to ? range.from - 1 : line
      return Math.max(0, shown - 1 - (shown === line ? (lags[i] ?? 0) : (lags[i - 1] ?? 0)))
    },
  }
}

/** Only these lines, in ascending order. */
export function listedLines(lines: readonly number[]): LineMap {
  return {
    rows: lines.length,
    lineAt: (row) => lines[row] ?? 0,
    rowOf: (line) =>
      Math.max(
        0,
        lastWhere(lines.length, (at) => (lines[at] ?? 0) <= line),
      ),
  }
}

/** The last index for which `holds`, which must be true first and false after; -1 without one. */
export function lastWhere(length: number, holds: (index: number) => boolean): number {
  let low = -1
  let high = length
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (holds(middle)) low = middle
    else high = middle
  }
  return low
}

/** The first of ascending lines behind `line`, or around again from the first. */
export function nextLine(lines: readonly number[], line: number): number | null {
  return lines[lastWhere(lines.length, (at) => (lines[at] ?? 0) <= line) + 1] ?? lines[0] ?? null
}

/** The last of ascending lines before `line`, or around again from the last. */
export function previousLine(lines: readonly number[], line: number): number | null {
  return lines[lastWhere(lines.length, (at) => (lines[at] ?? 0) < line)] ?? lines.at(-1) ?? null
}
