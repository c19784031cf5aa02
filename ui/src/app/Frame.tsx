import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState, type ReactNode } from 'react'
import { Bones, Failed } from '@/components/Blank'
import { FootBar } from '@/components/FootBar'
import { ApiError } from '@/lib/http'
import { LiveStream, said } from '@/lib/live'
import { LiveToggleContext } from '@/lib/live-toggle'
import { links } from '@/lib/links'
import { sessionQuery } from '@/lib/session'
import { useStore } from '@/lib/store'
import { Redirect } from 'wouter'
import { GlobalKeys } from './GlobalKeys'
import { SideBar } from './SideBar'
import { SlotsProvider } from './SlotsProvider'

/** Navigation left, content right, foot bar with keys; only for who is logged in. */
export function Frame({ children }: { children: ReactNode }) {
  const session = useQuery(sessionQuery())
  if (session.data) return <LiveFrame>{children}</LiveFrame>
  if (session.error instanceof ApiError && session.error.status === 401) {
    return <Redirect to={links.login(window.location.pathname + window.location.search)} replace />
  }
  return (
    <div className="login">
      {session.error ? <Failed error={session.error} onRetry={() => void session.refetch()} /> : <Bones rows={3} />}
    </div>
  )
}

/** Changes in words, for those who do not see them. */
function Said() {
  return (
    <div className="sr" role="status" aria-live="polite">
      {useStore(said)}
    </div>
  )
}

function LiveFrame({ children }: { children: ReactNode }) {
  const client = useQueryClient()
  const [stream] = useState(() => new LiveStream(client))
  useEffect(() => {
    stream.start()
    return () => stream.stop()
  }, [stream])

  return (
    <LiveToggleContext value={() => stream.togglePause()}>
      <SlotsProvider>
        <GlobalKeys />
        <div className="app">
          <SideBar />
          <Said />
          <div className="main">
            <main className="page">{children}</main>
            <FootBar />
          </div>
        </div>
      </SlotsProvider>
    </LiveToggleContext>
  )
}
