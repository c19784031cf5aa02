import { useQueryClient } from '@tanstack/react-query'
import { useState, type SubmitEvent } from 'react'
import { useLocation, useSearch } from 'wouter'
import type { Session } from '@/api/contract'
import { Button } from '@/components/Button'
import { Logo } from '@/components/Icon'
import { ApiError, sendJson } from '@/lib/http'
import { useTitle } from '@/lib/screen'
import { sessionQuery } from '@/lib/session'
import { strings } from '@/lib/strings'

export function LoginPage() {
  useTitle(strings.login.title)
  const client = useQueryClient()
  const [, navigate] = useLocation()
  const next = new URLSearchParams(useSearch()).get('next')
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  const [why, setWhy] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)

  const logIn = async () => {
    setBusy(true)
    setWhy(null)
    try {
      const session = await sendJson<Session>('POST', '/ui/session', { username, password })
      client.setQueryData(sessionQuery().queryKey, session)
      navigate(safeNext(next), { replace: true })
    } catch (error) {
      setWhy(
        error instanceof ApiError && error.status === 401
          ? strings.login.wrong
          : String(error instanceof Error ? error.message : error),
      )
      setBusy(false)
    }
  }
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    void logIn()
  }

  return (
    <main className="login">
      <form onSubmit={submit}>
        <h1 className="brand title">
          <Logo size={20} />
          {strings.product}
        </h1>
        <label>
          {strings.login.user}
          <span className="field">
            <input
              value={username}
              onChange={(event) => setUsername(event.target.value)}
              autoComplete="username"
              autoCapitalize="off"
              spellCheck={false}
              autoFocus
              required
            />
          </span>
        </label>
        <label>
          {strings.login.password}
          <span className="field">
            <input
              type="password"
              value={password}
              onChange={(event) => setPassword(event.target.value)}
              autoComplete="current-password"
              required
            />
          </span>
        </label>
        {why !== null && (
          <div className="why" role="alert">
            {why}
          </div>
        )}
        <Button type="submit" look="primary" disabled={busy}>
          {strings.login.submit}
        </Button>
      </form>
    </main>
  )
}

/** Only an address of this site: a link must not be able to lead elsewhere after the log-in. */
export function safeNext(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) ? next : '/'
}
