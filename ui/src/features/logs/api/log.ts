import { queryOptions } from '@tanstack/react-query'
import type { LogBlock, LogLine } from '@/api/contract'
import { getJson, path, withQuery } from '@/lib/http'

/** Lines asked for at once. */
export const BLOCK_LINES = 500
const POLL_MS = 1_000
/** Blocks that have left the view are forgotten soon: a log can be larger than memory. */
const BLOCK_KEPT_MS = 60_000

export interface LogSource {
  dagId: string
  runId: string
  taskId: string
  mapIndex: number
  tryNumber: number
}

// Not below ['run', …]: lines that were written do not change with the state of their run.
export const keyOf = (source: LogSource) =>
  ['log', source.dagId, source.runId, source.taskId, source.mapIndex, source.tryNumber] as const

export function logUrl(source: LogSource, query: Record<string, string | number>, part: '' | '/search' = ''): string {
  return withQuery(path`/ui/logs/${source.dagId}/${source.runId}/${source.taskId}/${source.tryNumber}` + part, {
    map_index: source.mapIndex < 0 ? null : source.mapIndex,
    ...query,
  })
}

const read = (source: LogSource, from: number, signal: AbortSignal) =>
  getJson<LogBlock>(logUrl(source, { from, lines: BLOCK_LINES }), signal)

/** The end of the log: at least its last block that is not full, so that all others are full and never change. */
export const tailQuery = (source: LogSource, paused: boolean) =>
  queryOptions({
    queryKey: [...keyOf(source), 'tail'],
    queryFn: async ({ client, queryKey, signal }): Promise<LogBlock> => {
      const known = client.getQueryData<LogBlock>(queryKey)
      if (known === undefined) return await read(source, -1, signal)
      return grown(known, await read(source, known.total + 1, signal)) ?? (await read(source, -1, signal))
    },
    staleTime: (query) => (query.state.data?.complete === true ? Infinity : 0),
    refetchInterval: (query) => (paused || query.state.data?.complete === true ? false : POLL_MS),
  })

/** A full block of lines, counted from 0. */
export const blockQuery = (source: LogSource, block: number) =>
  queryOptions({
    queryKey: [...keyOf(source), 'block', block],
    queryFn: ({ signal }) => read(source, block * BLOCK_LINES + 1, signal),
    staleTime: Infinity,
    gcTime: BLOCK_KEPT_MS,
  })

/** The tail with what was read behind it; null when it grew by more than one answer holds, or is another log. */
export function grown(known: LogBlock, answer: LogBlock): LogBlock | null {
  if (answer.total < known.total || answer.total > known.total + answer.lines.length) return null
  if (answer.lines.length === 0 && answer.complete === known.complete) return known
  const keptFrom = (Math.floor(answer.total / BLOCK_LINES) - 1) * BLOCK_LINES
  return {
    total: answer.total,
    complete: answer.complete,
    lines: [...known.lines, ...answer.lines].filter((line) => line.n > keptFrom),
  }
}

/** The full blocks in which these lines stand, as far as the tail does not hold them. */
export function blocksOf(lines: readonly number[], tailFrom: number): number[] {
  return [...new Set(lines.filter((line) => line < tailFrom).map((line) => Math.floor((line - 1) / BLOCK_LINES)))]
}

export function lineIn(block: LogBlock | undefined, line: number): LogLine | undefined {
  const first = block?.lines[0]?.n
  return first === undefined ? undefined : block?.lines[line - first]
}
