import { useEffect, useState, type ComponentType, type FunctionComponent, type ReactNode } from 'react'

type Part<P> = FunctionComponent<P> & { preload: () => void }

/**
 * A component whose code is loaded when it is first shown, with something in its place until then. Not `React.lazy`:
 * what a `Suspense` has waited for React holds back by up to 300 ms, once for each that stands in another.
 */
export function part<P extends object>(
  load: () => Promise<{ default: ComponentType<P> }>,
  meanwhile: (props: P) => ReactNode = () => null,
): Part<P> {
  let found: ComponentType<P> | null = null
  let loading: Promise<ComponentType<P>> | null = null
  const start = () =>
    (loading ??= load().then(
      (module) => (found = module.default),
      (error: unknown) => {
        // The next one to show it tries again.
        loading = null
        throw error
      },
    ))
  function Loaded(props: P) {
    const [Shown, setShown] = useState<ComponentType<P> | null>(() => found)
    const [error, setError] = useState<{ cause: unknown } | null>(null)
    useEffect(() => {
      if (Shown !== null) return
      start().then(
        (component) => setShown(() => component),
        (cause: unknown) => setError({ cause }),
      )
    }, [Shown])
    if (error !== null) throw error.cause
    return Shown === null ? meanwhile(props) : <Shown {...props} />
  }
  return Object.assign(Loaded, { preload: () => void start().catch(() => null) })
}
