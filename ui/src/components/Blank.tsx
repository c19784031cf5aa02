import { Component, type ReactNode } from 'react'
import { useNow } from '@/lib/clock'
import { age } from '@/lib/durations'
import { strings } from '@/lib/strings'
import { Button } from './Button'

/** What stands in place of content: nothing there, or why not. */
export function Blank({ title, children, actions }: { title: ReactNode; children?: ReactNode; actions?: ReactNode }) {
  return (
    <div className="blank">
      <b>{title}</b>
      {children !== undefined && <div>{children}</div>}
      {actions && <div className="acts">{actions}</div>}
    </div>
  )
}

/** A list without a row. Where a filter has no index the server looks at so many rows at a time: there may be more. */
export function NoRows({
  none,
  noHit,
  filtered,
  query,
  onAll,
}: {
  none: string
  noHit: string
  filtered: boolean
  query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => Promise<unknown> }
  onAll: () => void
}) {
  if (!filtered) return <Blank title={none} />
  return (
    <Blank
      title={query.hasNextPage ? strings.states.noHitYet : noHit}
      actions={
        <>
          {query.hasNextPage && (
            <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              {strings.states.lookFurther}
            </Button>
          )}
          <Button onClick={onAll}>{strings.states.showAll}</Button>
        </>
      }
    />
  )
}

/** Grey bars in place of rows; they show only after 150 ms. */
export function Bones({ rows = 6 }: { rows?: number }) {
  return (
    <div className="bones" aria-busy="true">
      {Array.from({ length: rows }, (_, i) => (
        <i key={i} />
      ))}
    </div>
  )
}

export function Failed({ error, onRetry }: { error: Error; onRetry: () => void }) {
  return (
    <Blank title={strings.states.error} actions={<Button onClick={onRetry}>{strings.states.retry}</Button>}>
      {error.message}
    </Blank>
  )
}

/** What useQuery answers, as far as this needs it. */
interface Loaded<T> {
  data: T | undefined
  error: Error | null
  dataUpdatedAt: number
  refetch: () => unknown
}

/**
 * Content of a query by the rules of the design: grey bars first, then content; an error keeps what was there, says
 * since when it is old, and offers one retry.
 */
export function Loading<T>({
  query,
  children,
  bones,
}: {
  query: Loaded<T>
  children: (data: T) => ReactNode
  bones?: ReactNode
}) {
  if (query.data === undefined) {
    return query.error ? <Failed error={query.error} onRetry={() => void query.refetch()} /> : (bones ?? <Bones />)
  }
  return (
    <>
      {query.error && <StaleBar error={query.error} since={query.dataUpdatedAt} onRetry={() => void query.refetch()} />}
      {children(query.data)}
    </>
  )
}

export function StaleBar({ error, since, onRetry }: { error: Error; since: number; onRetry: () => void }) {
  const now = useNow()
  return (
    <div className="note-bar" role="status">
      <span className="grow">{strings.states.stale(error.message, age(now - since))}</span>
      <Button small onClick={onRetry}>
        {strings.states.retry}
      </Button>
    </div>
  )
}

/** A screen that throws leaves the frame alive. A new `place` starts over. */
export class Fence extends Component<{ place: string; children: ReactNode }, { error: Error | null; place: string }> {
  override state: { error: Error | null; place: string } = { error: null, place: this.props.place }

  static getDerivedStateFromError(error: unknown) {
    return { error: error instanceof Error ? error : new Error(String(error)) }
  }

  static getDerivedStateFromProps(props: { place: string }, state: { place: string }) {
    return props.place === state.place ? null : { error: null, place: props.place }
  }

  override render() {
    if (this.state.error === null) return this.props.children
    return (
      <Blank
        title={strings.states.broken}
        actions={<Button onClick={() => window.location.reload()}>{strings.states.reload}</Button>}
      >
        {strings.states.brokenText}
        <br />
        <span className="mono">{this.state.error.message}</span>
      </Blank>
    )
  }
}
