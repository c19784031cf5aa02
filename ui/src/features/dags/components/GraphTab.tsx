import { useQuery } from '@tanstack/react-query'
import { useMemo, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import type { DagHead, Graph, RunBar } from '@/api/contract'
import { Blank, Loading } from '@/components/Blank'
import { useChartTable } from '@/components/ChartTable'
import { GraphView, type GraphHandle } from '@/graph/GraphView'
import { closedBelow, oneSide, shownGraph } from '@/graph/model'
import { shownPath } from '@/graph/path'
import { plural } from '@/lib/durations'
import { useKeys } from '@/lib/keys'
import { links } from '@/lib/links'
import { useFootNote } from '@/lib/screen'
import { useSlots, type RunPlaceProps } from '@/lib/slots'
import { strings } from '@/lib/strings'
import { useQueryParams } from '@/lib/url'
import { graphQuery } from '../api/dag'
import { graphTable } from '../tables'
import { Laid } from './GraphLaid'
import { GraphTools, type Level } from './GraphTools'

const text = strings.graph
/** Above it, a graph starts with its groups closed. */
const OPEN_NODES_MAX = 300
const NO_RUNS: RunBar[] = []

export function GraphTab({ head }: { head: DagHead }) {
  const [params, patch] = useQueryParams()
  const wanted = params.get('run')
  const known = head.last_runs.find((run) => run.run_id === wanted) ?? null
  const newest = head.last_runs.at(-1) ?? null
  const runId = wanted === 'none' ? null : (wanted ?? newest?.run_id ?? null)
  const query = useQuery(graphQuery(head.dag_id, runId))
  return (
    <Loading query={query}>
      {(graph) =>
        graph.tree.length === 0 ? (
          <Blank title={text.none} />
        ) : (
          <GraphBody
            key={head.dag_id}
            dagId={head.dag_id}
            runs={head.last_runs}
            graph={graph}
            runId={runId}
            params={params}
            patch={patch}
            shownRun={wanted === null ? newest : known}
          />
        )
      }
    </Loading>
  )
}

/** The same for one run, as a tab of it. */
export function RunGraph({ dagId, runId }: RunPlaceProps) {
  const [params, patch] = useQueryParams()
  const query = useQuery(graphQuery(dagId, runId))
  return (
    <Loading query={query}>
      {(graph) =>
        graph.tree.length === 0 ? (
          <Blank title={text.none} />
        ) : (
          <GraphBody
            key={runId}
            dagId={dagId}
            runs={NO_RUNS}
            graph={graph}
            runId={runId}
            params={params}
            patch={patch}
            shownRun={null}
          />
        )
      }
    </Loading>
  )
}

function GraphBody({
  dagId,
  runs,
  graph,
  runId,
  shownRun,
  params,
  patch,
}: {
  dagId: string
  /** To choose among; none in a run. */
  runs: RunBar[]
  graph: Graph
  runId: string | null
  shownRun: RunBar | null
  params: URLSearchParams
  patch: ReturnType<typeof useQueryParams>[1]
}) {
  const [level, setLevel] = useState<Level>(graph.tree.length > OPEN_NODES_MAX ? '1' : 'all')
  const [own, setOwn] = useState<ReadonlySet<string>>(new Set())
  const [find, setFind] = useState('')
  const view = useRef<GraphHandle>(null)
  const [, navigate] = useLocation()
  const { TaskPanel } = useSlots()
  const selected = params.get('task')
  const side = params.get('side')
  const { tree, edges, cells, critical_path: critical } = graph
  const isPath = runId !== null && params.get('path') === 'on'

  const closed = useMemo(
    () => (level === 'own' ? own : closedBelow(tree, level === '1' ? 0 : level === '2' ? 1 : Infinity)),
    [level, own, tree],
  )
  const whole = useMemo(() => shownGraph(tree, edges, cells, closed), [tree, edges, cells, closed])
  const isSide =
    (side === 'up' || side === 'down') && selected !== null && whole.nodes.some((node) => node.id === selected)
  const shown = useMemo(() => (isSide ? oneSide(whole, selected, side) : whole), [whole, isSide, selected, side])
  // Where nothing has run yet there is no path, and nothing to be quiet beside it.
  const path = useMemo(
    () => (isPath && critical.length > 0 ? shownPath(shown, tree, critical) : null),
    [isPath, shown, tree, critical],
  )

  const togglePath = () => patch({ path: isPath ? null : 'on' })
  const toggle = (id: string) => {
    const next = new Set(closed)
    if (!next.delete(id)) next.add(id)
    setOwn(next)
    setLevel('own')
  }
  const select = (id: string | null) => patch({ task: id })
  const isTask = tree.some((node) => node.id === selected && node.kind === 'task')
  const open = (id: string) => {
    if (tree.some((node) => node.id === id && node.kind === 'group')) toggle(id)
    else if (runId !== null) navigate(links.task(dagId, runId, id))
  }
  const search = (value: string) => {
    setFind(value)
    const hit =
      value === ''
        ? undefined
        : shown.nodes.find((node) => !node.isOpen && node.id.toLowerCase().includes(value.toLowerCase()))
    if (hit) select(hit.id)
  }
  useKeys([
    { keys: ['ArrowUp'], label: '', run: () => view.current?.move('up') },
    { keys: ['ArrowDown'], label: '', run: () => view.current?.move('down') },
    { keys: ['ArrowLeft'], label: '', run: () => view.current?.move('left') },
    {
      keys: ['ArrowRight'],
      show: ['↑', '↓', '←', '→'],
      label: text.keys.move,
      run: () => view.current?.move('right'),
      foot: true,
    },
    { keys: ['Enter'], label: strings.dags.keys.open, run: () => selected !== null && open(selected), foot: true },
    {
      keys: ['Space'],
      label: text.keys.group,
      run: () => selected !== null && toggle(groupOf(graph, selected)),
      foot: true,
    },
    { keys: ['u'], label: text.keys.up, run: () => patch({ side: side === 'up' ? null : 'up' }), foot: true },
    { keys: ['d'], label: text.keys.down, run: () => patch({ side: side === 'down' ? null : 'down' }), foot: true },
    { keys: ['+', '='], label: '', run: () => view.current?.zoom(1) },
    { keys: ['-'], show: ['+', '-'], label: text.keys.zoom, run: () => view.current?.zoom(-1) },
    { keys: ['0'], label: text.keys.fit, run: () => view.current?.fit() },
  ])
  useKeys([{ keys: ['k'], label: strings.run.keys.path, run: togglePath, foot: true }], { off: runId === null })
  const hasRun = runId !== null && cells.length > 0
  const table = useChartTable(() => [graphTable(shown, hasRun)])
  const groups = tree.filter((node) => node.kind === 'group').length
  useFootNote(
    text.note(
      plural(tree.length - groups, 'task'),
      groups === 0 ? null : plural(groups, 'group'),
      plural(edges.length, 'edge'),
      !isPath ? null : critical.length === 0 ? strings.run.noPath : text.onPath(plural(critical.length, 'task')),
    ),
  )

  return (
    <>
      <GraphTools
        runs={runs}
        run={shownRun}
        withStates={runId !== null}
        onRun={(run) => patch({ run })}
        find={find}
        onFind={search}
        level={level}
        onLevel={setLevel}
        path={isPath}
        onPath={togglePath}
        side={isSide ? { side: side, task: selected } : null}
        onWhole={() => patch({ side: null })}
      />
      <div className="body">
        <Laid shown={shown}>
          {(layout) => (
            <GraphView
              ref={view}
              shown={shown}
              layout={layout}
              hasRun={hasRun}
              path={path}
              selected={selected}
              onSelect={select}
              onOpenGroup={open}
              onToggle={toggle}
            />
          )}
        </Laid>
        {selected !== null && isTask && runId !== null && (
          <TaskPanel dagId={dagId} runId={runId} taskId={selected} onClose={() => select(null)} />
        )}
      </div>
      {table}
    </>
  )
}

/** The group that Space opens or closes: the selected one, else the one around the selected task. */
function groupOf(graph: Graph, id: string): string {
  const node = graph.tree.find((one) => one.id === id)
  if (!node || node.kind === 'group' || node.parent === null) return id
  return graph.tree[node.parent]?.id ?? id
}
