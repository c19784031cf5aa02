import { ChevronRight, Folder } from 'lucide-react'
import { useMemo } from 'react'
import { Link } from 'wouter'
import type { ImportErrorRow } from '@/api/contract'
import { CodeTokens } from '@/components/code/CodeTokens'
import { highlightPython, type CodeToken } from '@/components/code/highlight'
import { CopyButton } from '@/components/CopyButton'
import { Icon } from '@/components/Icon'
import { useNow } from '@/lib/clock'
import { useDates } from '@/lib/dates'
import { age } from '@/lib/durations'
import { links } from '@/lib/links'
import { strings } from '@/lib/strings'
import { headline, splitTraceback } from '../import-errors'

const text = strings.importErrors
const DAGS_SHOWN = 3

/** The place before the traceback: where to look comes before how it came to that. */
export function ImportErrorDetail({ error }: { error: ImportErrorRow }) {
  return (
    <article className="ie-detail scroll" aria-label={error.file} tabIndex={0}>
      <section>
        <div className="row near t12 i3 ie-crumb">
          <Icon of={Folder} size={14} />
          {text.bundle(error.bundle_name)}
          <Icon of={ChevronRight} size={12} />
          <span className="ell">{error.file}</span>
          {error.line !== null && (
            <>
              <Icon of={ChevronRight} size={12} />
              <span className="nowrap">{text.line(error.line)}</span>
            </>
          )}
        </div>
        <h2 className="title ie-title">{headline(error)}</h2>
      </section>
      <section>
        <Facts error={error} />
      </section>
      {error.code.length > 0 && (
        <section>
          <h3>
            {text.breaks}
            <span className="more ell">{error.file}</span>
          </h3>
          <Excerpt error={error} />
        </section>
      )}
      {error.traceback.trim() !== '' && (
        <section>
          <h3>
            {text.traceback}
            <span className="more">
              <CopyButton words text={error.traceback} label={text.copyTraceback} />
            </span>
          </h3>
          <Traceback traceback={error.traceback} />
        </section>
      )}
    </article>
  )
}

function Facts({ error }: { error: ImportErrorRow }) {
  const dates = useDates()
  const now = useNow()
  const more = error.dags.length - DAGS_SHOWN
  return (
    <dl className="ie-facts">
      <div>
        <dt>{text.running}</dt>
        <dd>
          {error.dags.length === 0 && <span className="i3">{text.runningNone}</span>}
          {error.dags.slice(0, DAGS_SHOWN).map((dag) => (
            <div key={dag.dag_id} className="ell">
              <Link className="link" href={links.dag(dag.dag_id)}>
                {dag.dag_id} <b className="w5">{text.version(dag.version_number)}</b>
              </Link>
            </div>
          ))}
          {more > 0 && <div className="i3">{text.hidden(more)}</div>}
        </dd>
      </div>
      <div>
        <dt>{text.first}</dt>
        <dd title={dates.exact(error.seen)}>
          {dates.near(error.seen, now)}, {text.ago(age(now - error.seen))}
        </dd>
      </div>
      <div>
        <dt>{text.kind}</dt>
        <dd className="mono ell">{error.kind}</dd>
      </div>
    </dl>
  )
}

function Excerpt({ error }: { error: ImportErrorRow }) {
  const lines = useMemo((): CodeToken[][] => {
    if (error.file.endsWith('.py')) return highlightPython(error.code.map((line) => line.text).join('\n'))
    return error.code.map((line) => [{ kind: 'plain', text: line.text }])
  }, [error])
  return (
    <div className="ie-code">
      <div className="ie-lines">
        {error.code.map((line, i) => (
          <div key={line.line} className={line.line === error.line ? 'code-line hit' : 'code-line'}>
            <span className="no" data-n={line.line} />
            <CodeTokens tokens={lines[i] ?? []} />
          </div>
        ))}
      </div>
    </div>
  )
}

function Traceback({ traceback }: { traceback: string }) {
  const { way, end } = splitTraceback(traceback)
  return (
    <pre className="ie-trace">
      {way}
      {way !== '' && '\n'}
      <b>{end}</b>
    </pre>
  )
}
