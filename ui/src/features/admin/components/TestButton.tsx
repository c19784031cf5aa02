import { CircleCheck, TriangleAlert } from 'lucide-react'
import { useRef, useState } from 'react'
import { Button } from '@/components/Button'
import { Icon } from '@/components/Icon'
import { duration } from '@/lib/durations'
import { useKeys } from '@/lib/keys'
import { strings } from '@/lib/strings'
import { testOne, type Verdict } from '../api/resources'

const text = strings.admin.test

/** What was tested, and what came of it; while it is tested, nothing yet. */
interface Tested {
  of: string
  verdict: (Verdict & { ms: number }) | null
}

export interface TestState {
  busy: boolean
  /** Of exactly what the form holds now. */
  verdict: Tested['verdict']
  run: () => void
}

/** Tests what a form holds. A verdict is shown only as long as the form stays as it was tested. */
export function useTest(plural: string, body: Record<string, unknown>): TestState {
  const [tested, setTested] = useState<Tested | null>(null)
  const newest = useRef(0)
  const of = JSON.stringify(body)
  const current = tested?.of === of ? tested : null
  const busy = current !== null && current.verdict === null

  const test = async () => {
    if (busy) return
    const own = ++newest.current
    const began = performance.now()
    setTested({ of, verdict: null })
    const verdict = await testOne(plural, body).catch((error: unknown) => ({
      status: false,
      message: error instanceof Error ? error.message : strings.states.noChange,
    }))
    if (own === newest.current) setTested({ of, verdict: { ...verdict, ms: performance.now() - began } })
  }
  return { busy, verdict: current?.verdict ?? null, run: () => void test() }
}

/** It keeps the focus while it is busy: whoever came by keyboard wants to test again. */
export function TestButton({ busy, onTest }: { busy: boolean; onTest: () => void }) {
  useKeys([{ keys: ['t'], label: text.key, run: onTest, foot: true }])
  return (
    <Button hint="T" aria-disabled={busy} onClick={onTest}>
      {busy ? text.busy : text.act}
    </Button>
  )
}

export function TestVerdict({ verdict }: { verdict: TestState['verdict'] }) {
  return (
    <div role="status">
      {verdict !== null && (
        <div className={`res-test ${verdict.status ? 'ok-t' : 'bad-t'}`}>
          <Icon of={verdict.status ? CircleCheck : TriangleAlert} size={14} />
          <div>
            <strong>{(verdict.status ? text.works : text.fails)(duration(verdict.ms))}</strong>
            <p>{verdict.message}</p>
          </div>
        </div>
      )}
    </div>
  )
}
