import { useState, type Dispatch, type SetStateAction } from 'react'
import type { Grid, GridRun, ListTotal, RunState, RunType, TreeNode } from '@/api/contract'
import type { UrlPatch } from '@/lib/url'
import { RUN_CHOICES, type GridChoices } from './components/GridTools'

const RUN_TYPES: RunType[] = ['scheduled', 'manual', 'backfill', 'asset_triggered', 'operator_triggered']
const RUN_STATES: RunState[] = ['queued', 'running', 'success', 'failed']
const RUNS_DEFAULT = 36
/** Below 900 px there is room for the last ones only. */
const RUNS_NARROW = 12

/** `run` and `task` in the address are the cursor; these are the filters beside them. */
export function choicesOf(params: URLSearchParams, wide = true): GridChoices {
  return {
    filter: params.get('filter') ?? '',
    runType: RUN_TYPES.find((one) => one === params.get('type')) ?? null,
    state: RUN_STATES.find((one) => one === params.get('state')) ?? null,
    runs: RUN_CHOICES.find((n) => String(n) === params.get('runs')) ?? (wide ? RUNS_DEFAULT : RUNS_NARROW),
  }
}

export function choicesPatch(change: Partial<GridChoices>): UrlPatch {
  return {
    ...(change.filter !== undefined && { filter: change.filter }),
    ...(change.runType !== undefined && { type: change.runType }),
    ...(change.state !== undefined && { state: change.state }),
    ...(change.runs !== undefined && { runs: change.runs === RUNS_DEFAULT ? null : String(change.runs) }),
  }
}

/** Pages from the newest to older ones as one grid. Cells are in the order of the tree of their page. */
export function mergedPages(pages: Grid[]): { tree: TreeNode[]; runs: GridRun[]; total: ListTotal } {
  const newest = pages[0]
  if (!newest) return { tree: [], runs: [], total: { count: 0, or_more: false } }
  const seen = new Set<string>()
  const runs = pages
    .flatMap((page) => {
      const order =
        page.tree.length === newest.tree.length && page.tree.every((node, i) => node.id === newest.tree[i]?.id)
          ? null
          : placesIn(page.tree)
      return page.runs.map((run) =>
        order === null
          ? run
          : { ...run, cells: newest.tree.map((node) => run.cells[order.get(node.id) ?? -1] ?? null) },
      )
    })
    .filter((run) => !seen.has(run.run_id) && seen.add(run.run_id))
    .sort((a, b) => a.run_after - b.run_after)
  return { tree: newest.tree, runs, total: newest.total_runs }
}

function placesIn(tree: TreeNode[]): Map<string, number> {
  return new Map(tree.map((node, i) => [node.id, i]))
}

/** Which groups are closed stays while the page lives, also across tabs. */
const kept = new Map<string, ReadonlySet<string>>()

export function useClosedGroups(dagId: string): [ReadonlySet<string>, Dispatch<SetStateAction<ReadonlySet<string>>>] {
  const [closed, setClosed] = useState<ReadonlySet<string>>(() => kept.get(dagId) ?? new Set())
  const set: Dispatch<SetStateAction<ReadonlySet<string>>> = (next) =>
    setClosed((last) => {
      const value = typeof next === 'function' ? next(last) : next
      kept.set(dagId, value)
      return value
    })
  return [closed, set]
}
