/** A line of two texts side by side; null where one has none. */
export interface Pair {
  left: number | null
  right: number | null
}

/** Beyond this product of differing lines the middle is shown as replaced: nobody reads a diff that large. */
const TABLE_CELLS_MAX = 4_000_000

/** Pairs the lines of two texts by their longest common subsequence. Indices are from 0. */
export function pairLines(left: string[], right: string[]): Pair[] {
  let head = 0
  while (head < left.length && head < right.length && left[head] === right[head]) head += 1
  let tail = 0
  while (
    tail < left.length - head &&
    tail < right.length - head &&
    left[left.length - 1 - tail] === right[right.length - 1 - tail]
  )
    tail += 1
  const pairs: Pair[] = Array.from({ length: head }, (_, i) => ({ left: i, right: i }))
  pairs.push(...pairMiddle(left, right, head, left.length - tail, right.length - tail))
  for (let i = tail; i > 0; i -= 1) pairs.push({ left: left.length - i, right: right.length - i })
  return pairs
}

function pairMiddle(left: string[], right: string[], from: number, leftEnd: number, rightEnd: number): Pair[] {
  const rows = leftEnd - from
  const columns = rightEnd - from
  if (rows * columns > TABLE_CELLS_MAX) return besides(range(from, leftEnd), range(from, rightEnd))
  // common[i][j]: length of the longest common subsequence from i and j on.
  const width = columns + 1
  const common = new Uint32Array((rows + 1) * width)
  const at = (i: number, j: number) => common[i * width + j] ?? 0
  for (let i = rows - 1; i >= 0; i -= 1) {
    for (let j = columns - 1; j >= 0; j -= 1) {
      common[i * width + j] =
        left[from + i] === right[from + j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const pairs: Pair[] = []
  let removed: number[] = []
  let added: number[] = []
  const flush = () => {
    pairs.push(...besides(removed, added))
    removed = []
    added = []
  }
  let i = 0
  let j = 0
  while (i < rows || j < columns) {
    if (i < rows && j < columns && left[from + i] === right[from + j]) {
      flush()
      pairs.push({ left: from + i, right: from + j })
      i += 1
      j += 1
    } else if (j >= columns || (i < rows && at(i + 1, j) >= at(i, j + 1))) {
      removed.push(from + i)
      i += 1
    } else {
      added.push(from + j)
      j += 1
    }
  }
  flush()
  return pairs
}

/** Puts what went beside what came. */
function besides(removed: number[], added: number[]): Pair[] {
  return Array.from({ length: Math.max(removed.length, added.length) }, (_, i) => ({
    left: removed[i] ?? null,
    right: added[i] ?? null,
  }))
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}

export function isChanged(pair: Pair, left: string[], right: string[]): boolean {
  return pair.left === null || pair.right === null || left[pair.left] !== right[pair.right]
}

export type DiffRow = { kind: 'pair'; pair: Pair; changed: boolean } | { kind: 'fold'; lines: number }

/** Rows to show: changes with `context` equal lines around them; longer equal stretches are folded. */
export function diffRows(left: string[], right: string[], context: number): DiffRow[] {
  const pairs = pairLines(left, right)
  const changed = pairs.map((pair) => isChanged(pair, left, right))
  const near = changed.map((_, i) => changed.slice(Math.max(0, i - context), i + context + 1).some(Boolean))
  const rows: DiffRow[] = []
  for (const [i, pair] of pairs.entries()) {
    const last = rows.at(-1)
    if (near[i]) rows.push({ kind: 'pair', pair, changed: changed[i] ?? false })
    else if (last?.kind === 'fold') last.lines += 1
    else rows.push({ kind: 'fold', lines: 1 })
  }
  return rows
}
