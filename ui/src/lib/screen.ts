import { useEffect } from 'react'
import { createStore } from './store'

/** What a screen tells the frame around it. */
export const footNote = createStore('')
/** The right end of the foot bar: what of how much is shown. */
export function useFootNote(text: string): void {
  useEffect(() => {
    footNote.set(text)
    return () => footNote.set('')
  }, [text])
}

export function useTitle(...parts: string[]): void {
  const title = [...parts, 'Tradewind'].join(' · ')
  useEffect(() => {
    document.title = title
  }, [title])
}
