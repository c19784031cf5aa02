import { Pause, Play } from 'lucide-react'
import { Button } from '@/components/Button'
import { SelectionBar } from '@/components/SelectionBar'
import { count, plural } from '@/lib/durations'
import type { Selection } from '@/lib/selection'
import { strings } from '@/lib/strings'
import { useBulk } from '../api/actions'

const text = strings.dags
const FAILURES_SHOWN = 2

/** What can be done with the selected DAGs. What failed stays selected, with the reason. */
export function DagSelection({ selection }: { selection: Selection }) {
  const bulk = useBulk()
  const ids = [...selection.keys]
  if (ids.length === 0) return null
  const busy = bulk.progress !== null
  const then = (done: Promise<string[]>) => void done.then((all) => selection.drop(all))
  return (
    <SelectionBar
      label={strings.acts.selected(plural(ids.length, strings.acts.dagWord))}
      onClear={() => {
        bulk.forget()
        selection.clear()
      }}
    >
      <Button icon={Pause} disabled={busy} onClick={() => then(bulk.pause(ids, true))}>
        {text.pause}
      </Button>
      <Button disabled={busy} onClick={() => then(bulk.pause(ids, false))}>
        {text.resume}
      </Button>
      <Button icon={Play} disabled={busy} onClick={() => then(bulk.trigger(ids))}>
        {text.trigger}
      </Button>
      {bulk.progress && (
        <span className="i2" role="status">
          {text.bulk.progress(count(bulk.progress.answered), count(bulk.progress.total))}
        </span>
      )}
      {bulk.failed.length > 0 && (
        <span className="bad-t ell" role="alert">
          {text.bulk.failed(count(bulk.failed.length), count(bulk.total))}
          {bulk.failed.slice(0, FAILURES_SHOWN).map((one) => `; ${one.request.name}: ${one.message}`)}
          {bulk.failed.length > FAILURES_SHOWN && `; ${text.bulk.more(count(bulk.failed.length - FAILURES_SHOWN))}`}
        </span>
      )}
    </SelectionBar>
  )
}
