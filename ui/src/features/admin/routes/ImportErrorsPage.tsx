import { useQuery } from '@tanstack/react-query'
import { Check, TriangleAlert } from 'lucide-react'
import { useRef } from 'react'
import type { ImportErrorPage, ImportErrorRow } from '@/api/contract'
import { Blank, Loading } from '@/components/Blank'
import { copyText } from '@/components/CopyButton'
import { Icon } from '@/components/Icon'
import { TopBar } from '@/components/TopBar'
import { useNow } from '@/lib/clock'
import { age, count, plural } from '@/lib/durations'
import { useKeys } from '@/lib/keys'
import { useFootNote, useTitle } from '@/lib/screen'
import { strings } from '@/lib/strings'
import { useQueryParams } from '@/lib/url'
import { importErrorsQuery } from '../api/import-errors'
import { ImportErrorDetail } from '../components/ImportErrorDetail'
import { chosenOf, headline, stillRuns } from '../import-errors'
import { useFixed } from '../use-fixed'

const text = strings.importErrors

export default function ImportErrorsPage() {
  useTitle(text.title)
  const query = useQuery(importErrorsQuery())
  const page = query.data
  return (
    <>
      <TopBar>
        <h1>{text.title}</h1>
        {page && (
          <span className="t12 i3 nowrap">
            {text.count(plural(page.total, ...text.errorWords), plural(page.files, ...text.fileWords))}
          </span>
        )}
      </TopBar>
      <Loading query={query}>{(data) => <Content page={data} />}</Loading>
    </>
  )
}

function Content({ page }: { page: ImportErrorPage }) {
  const fixed = useFixed(page.errors)
  const [params, patch] = useQueryParams()
  const list = useRef<HTMLUListElement>(null)
  const { errors } = page
  const cursor = chosenOf(errors, params.get('id'))
  const current = errors[cursor]
  useFootNote(errors.length < page.total ? text.some(count(errors.length), count(page.total)) : '')

  const choose = (index: number) => {
    const next = Math.min(errors.length - 1, Math.max(0, index))
    const error = errors[next]
    if (error) patch({ id: String(error.id) })
    list.current?.querySelectorAll('button')[next]?.focus()
  }
  useKeys(
    [
      { keys: ['j', 'ArrowDown'], label: text.move, run: () => choose(cursor + 1), show: ['J', 'K'], foot: true },
      { keys: ['k', 'ArrowUp'], label: text.move, run: () => choose(cursor - 1) },
      { keys: ['y'], label: text.copyTraceback, run: () => current && void copyText(current.traceback), foot: true },
    ],
    { off: errors.length === 0 },
  )

  return (
    <div className="body">
      {current ? (
        <>
          <div className="ie-list scroll">
            <h2 className="gh">
              <b>{text.errors}</b>
              {count(page.total)}
            </h2>
            <Fixed files={fixed} />
            <ul ref={list} aria-label={text.list}>
              {errors.map((error, i) => (
                <Row key={error.id} error={error} selected={i === cursor} onSelect={() => choose(i)} />
              ))}
            </ul>
          </div>
          <ImportErrorDetail key={current.id} error={current} />
        </>
      ) : (
        <div className="page">
          <Fixed files={fixed} />
          <Blank title={goodText(page.files)}>{text.allGoodText}</Blank>
        </div>
      )}
    </div>
  )
}

function goodText(files: number): string {
  if (files === 0) return text.noFiles
  return files === 1 ? text.oneGood : text.allGood(plural(files, ...text.fileWords))
}

function Fixed({ files }: { files: string[] }) {
  return (
    <div role="status">
      {files.map((file) => (
        <p key={file} className="ie-fixed">
          <Icon of={Check} size={14} />
          {text.fixed(file)}
        </p>
      ))}
    </div>
  )
}

function Row({ error, selected, onSelect }: { error: ImportErrorRow; selected: boolean; onSelect: () => void }) {
  const now = useNow()
  return (
    <li>
      <button type="button" className={selected ? 'on' : ''} aria-current={selected} onClick={onSelect}>
        <span className="bad-t">
          <Icon of={TriangleAlert} size={14} />
        </span>
        <span className="name ell">{error.file}</span>
        <span className="i3 nowrap">{age(now - error.seen)}</span>
        <span className="i2 ell wide">{headline(error)}</span>
        <span className="i3 t11 ell wide">{stillRuns(error.dags)}</span>
      </button>
    </li>
  )
}
