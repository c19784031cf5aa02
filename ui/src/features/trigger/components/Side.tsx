import { ChevronsRight } from 'lucide-react'
import type { TriggerForm } from '@/api/contract'
import { CodeTokens } from '@/components/code/CodeTokens'
import { highlightJson } from '@/components/code/json'
import { Facts } from '@/components/Controls'
import { CopyButton } from '@/components/CopyButton'
import { Icon } from '@/components/Icon'
import { useNow } from '@/lib/clock'
import { age, count } from '@/lib/durations'
import { strings } from '@/lib/strings'
import { instantIn } from '../dates'
import { confLines, confOf, confWords, type FormState } from '../form'
import { isRecord } from '../json'
import type { Field } from '../schema'
import { terminalCommand } from '../terminal'

const text = strings.trigger

/** What the form comes to: when it starts, what is sent, and the same from a terminal. */
export function Side({
  form,
  fields,
  state,
  unpause,
  onTake,
}: {
  form: TriggerForm
  fields: Field[]
  state: FormState
  unpause: boolean
  onTake: (conf: Record<string, unknown>) => void
}) {
  const command = terminalCommand(form.dag_id, state, unpause)
  return (
    <div className="trigger-side scroll" tabIndex={0} role="region" aria-label={text.what}>
      <section>
        <h3>{text.what}</h3>
        <Facts rows={[[text.starts, <Starts key="starts" form={form} unpause={unpause} />]]} />
      </section>
      <section>
        <h3>
          {text.conf}
          <span className="more">
            <CopyButton words text={JSON.stringify(confOf(fields, state.set), null, 2)} label={text.copyConf} />
          </span>
        </h3>
        <Conf fields={fields} state={state} />
      </section>
      {form.recent.length > 0 && (
        <section>
          <h3>{text.recent}</h3>
          <Recent form={form} fields={fields} onTake={onTake} />
        </section>
      )}
      <section>
        <h3>
          {text.terminal}
          <span className="more">
            <CopyButton words text={command} label={text.copyTerminal} />
          </span>
        </h3>
        <pre className="conf wrap">{command}</pre>
      </section>
    </div>
  )
}

function Starts({ form, unpause }: { form: TriggerForm; unpause: boolean }) {
  const full = form.active_runs >= form.max_active_runs
  const when = form.is_paused && !unpause ? text.paused : full ? text.waits : text.atOnce
  return (
    <>
      {when} <span className="i3">({text.active(count(form.active_runs), count(form.max_active_runs))})</span>
    </>
  )
}

function Conf({ fields, state }: { fields: Field[]; state: FormState }) {
  const lines = confLines(fields, state.set)
  if (lines.length === 0)
    return (
      <pre className="conf">
        <div>{'{}'}</div>
      </pre>
    )
  return (
    <pre className="conf" tabIndex={0}>
      <div>{'{'}</div>
      {lines.map((line, i) => (
        <div key={i} className={line.changed ? 'changed' : ''}>
          {'  '}
          <CodeTokens tokens={highlightJson(line.text)} />
        </div>
      ))}
      <div>{'}'}</div>
    </pre>
  )
}

/** Names of runs mostly end in their date. */
function When({ runId }: { runId: string }) {
  const now = useNow()
  const at = instantIn(runId)
  return at === null ? '' : text.ago(age(now - at))
}

function Recent({
  form,
  fields,
  onTake,
}: {
  form: TriggerForm
  fields: Field[]
  onTake: (conf: Record<string, unknown>) => void
}) {
  return (
    <ul className="recent">
      {form.recent.map(({ run_id, conf }) => {
        const words = confWords(fields, conf) || text.defaults
        return (
          <li key={run_id}>
            <button type="button" title={text.useRecent(run_id)} onClick={() => onTake(isRecord(conf) ? conf : {})}>
              <Icon of={ChevronsRight} size={12} />
              <span className="ell">{words}</span>
              <span className="i3 nowrap">
                <When runId={run_id} />
              </span>
            </button>
          </li>
        )
      })}
    </ul>
  )
}
