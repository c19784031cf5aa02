const round = (value: number) => Math.round(value * 10) / 10

/** Paths of a sparkline: from zero to the largest value, 1 px inside its box. */
export function sparkPath(
  values: number[],
  width: number,
  height: number,
): { line: string; area: string; last: { x: number; y: number } | null } {
  const max = Math.max(...values, 0) || 1
  const x = (i: number) => round(values.length < 2 ? 1 : (i * (width - 4)) / (values.length - 1) + 1)
  const y = (value: number) => round(height - 2 - (value / max) * (height - 4))
  const end = values.at(-1)
  if (end === undefined) return { line: '', area: '', last: null }
  const line = values.map((value, i) => `${i === 0 ? 'M' : 'L'}${String(x(i))} ${String(y(value))}`).join('')
  const lastX = x(values.length - 1)
  return {
    line,
    area: `${line}L${String(lastX)} ${String(height)}L1 ${String(height)}Z`,
    last: { x: lastX, y: y(end) },
  }
}
