import { createContext, useContext } from 'react'

/** Pauses or resumes the event stream; the app, which owns the stream, provides it. */
export const LiveToggleContext = createContext<() => void>(() => undefined)

export const useLiveToggle = () => useContext(LiveToggleContext)
