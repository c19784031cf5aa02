import { useQuery } from '@tanstack/react-query'
import { Check, ChevronRight, Plug, TriangleAlert, Variable, X, type LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { Start } from '@/api/contract'
import { Loading } from '@/components/Blank'
import { CopyButton } from '@/components/CopyButton'
import { Icon } from '@/components/Icon'
import { StateGlyph } from '@/components/state/StateGlyph'
import { plural } from '@/lib/durations'
import { links } from '@/lib/links'
import { sessionQuery } from '@/lib/session'
import { shellWord } from '@/lib/shell'
import { strings } from '@/lib/strings'
import { startQuery } from '../api/start'

const text = strings.home.start
const FILE = 'hello.py'
const SOURCE = `from airflow.sdk import dag, task

@dag(schedule="*/10 * * * *")
def hello():
    @task
    def greet():
        print("Hello")
    greet()

hello()
`

/** What stands in place of Home until there is a DAG. */
export function FirstStart({ importErrors }: { importErrors: number }) {
  return (
    <div className="first scroll">
      <Loading query={useQuery(startQuery())}>{(start) => <Steps start={start} importErrors={importErrors} />}</Loading>
    </div>
  )
}

function Steps({ start, importErrors }: { start: Start; importErrors: number }) {
  const version = useQuery(sessionQuery()).data?.server_version
  const folder = start.dag_folders[0] ?? 'dags'
  const command = `cp -r ~/airflow/dags/* ${shellWord(folder)}`
  return (
    <div className="first-col">
      <h2 className="figure">{text.title}</h2>
      <p className="i2">
        {text.watches}{' '}
        {start.dag_folders.map((one, i) => (
          <span key={one}>
            {i > 0 && ` ${text.and} `}
            <span className="mono">{one}</span>
          </span>
        ))}
        . {text.soon}
      </p>
      {importErrors > 0 && (
        <p className="first-bad">
          <Icon of={TriangleAlert} size={14} />
          {text.broken(plural(importErrors, ...text.files))}
          <Link className="link w5" href={links.importErrors()}>
            {text.brokenOpen}
          </Link>
        </p>
      )}
      <ol className="first-steps" aria-label={text.steps}>
        <Step mark={<Mark of={Check} label={text.done} tone="ok" />} title={text.server}>
          {version !== undefined && text.version(version)}
        </Step>
        <Step mark={<PythonMark state={start.python.state} />} title={text.python[start.python.state]}>
          {start.python.text !== text.python[start.python.state] && start.python.text}
        </Step>
        <Step
          mark={
            <span className="n" aria-label={text.todo} role="img">
              3
            </span>
          }
          title={text.add}
        >
          {text.addText}
          <Snippet value={command} label={text.copyCommand} />
          <p className="first-or">
            {text.orFile} <span className="mono">{FILE}</span>:
          </p>
          <Snippet value={SOURCE} label={text.copyFile} />
        </Step>
      </ol>
      <div className="first-two">
        <Onward href={`${links.connections()}?new=1`} icon={Plug}>
          {text.connection}
        </Onward>
        <Onward href={`${links.variables()}?new=1`} icon={Variable}>
          {text.variable}
        </Onward>
      </div>
    </div>
  )
}

function Step({ mark, title, children }: { mark: ReactNode; title: string; children: ReactNode }) {
  return (
    <li>
      {mark}
      <div>
        <b>{title}</b>
        <div className="t12 i2">{children}</div>
      </div>
    </li>
  )
}

function Mark({ of, label, tone }: { of: LucideIcon; label: string; tone: 'ok' | 'bad' }) {
  return (
    <span className={`n ${tone}`} role="img" aria-label={label}>
      <Icon of={of} size={12} />
    </span>
  )
}

function PythonMark({ state }: { state: Start['python']['state'] }) {
  if (state === 'ready') return <Mark of={Check} label={text.done} tone="ok" />
  if (state === 'failed') return <Mark of={X} label={text.failedStep} tone="bad" />
  return (
    <span className="n bare" role="img" aria-label={text.running}>
      <StateGlyph state="running" size={16} quiet />
    </span>
  )
}

function Snippet({ value, label }: { value: string; label: string }) {
  return (
    <div className="first-code">
      <pre>{value.trimEnd()}</pre>
      <CopyButton text={value} label={label} />
    </div>
  )
}

function Onward({ href, icon, children }: { href: string; icon: LucideIcon; children: ReactNode }) {
  return (
    <Link href={href}>
      <Icon of={icon} size={14} />
      <span className="grow">{children}</span>
      <Icon of={ChevronRight} size={14} />
    </Link>
  )
}
