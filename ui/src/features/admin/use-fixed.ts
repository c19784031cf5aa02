import { useEffect, useState } from 'react'
import type { ImportErrorRow } from '@/api/contract'
import { fixedFiles } from './import-errors'

const SHOWN_MS = 6_000

/** Files that parse again since the list was last read; each is said for a few seconds. */
export function useFixed(errors: ImportErrorRow[]): string[] {
  const [before, setBefore] = useState(errors)
  const [fixed, setFixed] = useState<string[]>([])
  if (before !== errors) {
    const files = fixedFiles(before, errors)
    setBefore(errors)
    if (files.length > 0) setFixed(files)
  }
  useEffect(() => {
    if (fixed.length === 0) return
    const timer = setTimeout(() => setFixed([]), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [fixed])
  return fixed
}
