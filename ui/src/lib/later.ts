import { useEffect, useState } from 'react'

/** The value as it was once it had not changed for so long: what is typed is not asked letter by letter. */
export function useLater<T>(value: T, ms: number): T {
  const [later, setLater] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setLater(value), ms)
    return () => clearTimeout(timer)
  }, [value, ms])
  return later
}
