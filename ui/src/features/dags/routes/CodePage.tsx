import { useQuery } from '@tanstack/react-query'
import type { DagHead, VersionRow } from '@/api/contract'
import { Blank, Bones, Failed, Loading } from '@/components/Blank'
import { Button } from '@/components/Button'
import { useDates } from '@/lib/dates'
import { count } from '@/lib/durations'
import { useKeys } from '@/lib/keys'
import { strings } from '@/lib/strings'
import { useQueryParams } from '@/lib/url'
import { versionQuery, versionsQuery } from '../api/dag'
import { diffRows } from '../code/diff'
import { CodeView, DiffView } from '../components/CodeView'
import { DagFrame } from '../components/DagFrame'
import { StructureList } from '../components/StructureList'

const text = strings.dags.code

export default function CodePage({ params }: { params: { dagId: string } }) {
  return (
    <DagFrame dagId={params.dagId} tab="code">
      {(head) => <Code head={head} />}
    </DagFrame>
  )
}

function Code({ head }: { head: DagHead }) {
  const versions = useQuery(versionsQuery(head.dag_id))
  return (
    <Loading query={versions}>
      {(list) => <Versions dagId={head.dag_id} fileloc={head.fileloc} versions={list.versions} />}
    </Loading>
  )
}

function Versions({ dagId, fileloc, versions }: { dagId: string; fileloc: string; versions: VersionRow[] }) {
  const [params, patch] = useQueryParams()
  const dates = useDates()
  const at = Math.max(
    0,
    versions.findIndex((one) => String(one.version_number) === params.get('version')),
  )
  const shown = versions.at(at)
  const before = versions[at + 1]
  const comparing = params.get('compare') === 'yes' && before !== undefined
  const show = (index: number) => {
    const one = versions[index]
    if (one) patch({ version: index === 0 ? null : String(one.version_number) })
  }
  const toggle = () => patch({ compare: comparing || !before ? null : 'yes' })
  useKeys([
    { keys: ['j', 'ArrowDown', '['], label: '', run: () => show(at + 1) },
    { keys: ['k', 'ArrowUp', ']'], show: ['J', 'K'], label: text.older, run: () => show(at - 1), foot: true },
    { keys: ['d'], label: text.toggle, run: toggle, foot: true },
  ])
  if (!shown) return <Blank title={text.noSource} />
  return (
    <div className="body">
      <div className="code-main scroll" tabIndex={0}>
        <div className="code-bar">
          <span className="mono t12">{fileloc}</span>
          <span className="grow" />
          {before && (
            <Button pressed={comparing} hint="D" onClick={toggle}>
              {text.compare}
            </Button>
          )}
        </div>
        {comparing ? <Compared dagId={dagId} older={before} newer={shown} /> : <Source dagId={dagId} version={shown} />}
      </div>
      <aside className="panel versions" aria-label={text.versions}>
        <div className="sec">
          {text.versions}
          <span className="n">{count(versions.length)}</span>
        </div>
        <div className="panel-scroll">
          {versions.map((one, i) => (
            <button
              key={one.version_number}
              type="button"
              className={i === at ? 'version on' : 'version'}
              aria-pressed={i === at}
              onClick={() => show(i)}
            >
              <span className="w5">v{one.version_number}</span>
              <span className="i3 grow">{dates.dateTime(one.created)}</span>
              <span className="i3">{text.runs(one.runs)}</span>
            </button>
          ))}
        </div>
      </aside>
    </div>
  )
}

function Source({ dagId, version }: { dagId: string; version: VersionRow }) {
  const query = useQuery(versionQuery(dagId, version.version_number))
  return (
    <Loading query={query}>
      {(data) => (data.source === null ? <Blank title={text.noSource} /> : <CodeView source={data.source} />)}
    </Loading>
  )
}

function Compared({ dagId, older, newer }: { dagId: string; older: VersionRow; newer: VersionRow }) {
  const dates = useDates()
  const left = useQuery(versionQuery(dagId, older.version_number))
  const right = useQuery(versionQuery(dagId, newer.version_number))
  const failed = left.error ?? right.error
  if (failed) return <Failed error={failed} onRetry={() => void Promise.all([left.refetch(), right.refetch()])} />
  if (!left.data || !right.data) return <Bones />
  if (left.data.source === null || right.data.source === null) return <Blank title={text.noSource} />
  const structure = <StructureList dagId={dagId} version={newer.version_number} />
  if (left.data.source === right.data.source)
    return (
      <>
        {structure}
        <Blank title={text.same}>{text.sameText}</Blank>
      </>
    )
  const side = (version: VersionRow) => text.side(version.version_number, dates.dateTime(version.created))
  const { added, removed } = changesOf(left.data.source, right.data.source)
  return (
    <>
      {structure}
      <div className="code-note t12 i3">{text.changed(added, removed)}</div>
      <DiffView older={left.data.source} newer={right.data.source} titles={[side(older), side(newer)]} />
    </>
  )
}

function changesOf(older: string, newer: string): { added: number; removed: number } {
  const changed = diffRows(older.split('\n'), newer.split('\n'), 0).flatMap((row) =>
    row.kind === 'pair' && row.changed ? [row.pair] : [],
  )
  return {
    added: changed.filter((pair) => pair.right !== null).length,
    removed: changed.filter((pair) => pair.left !== null).length,
  }
}
