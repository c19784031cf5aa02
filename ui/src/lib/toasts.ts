import { createStore } from './store'

const SHOWN_MS = 6_000
const SHOWN_MAX = 4

export interface Toast {
  id: number
  text: string
  action?: { label: string; run: () => void }
  tone?: 'bad'
}

export const toasts = createStore<Toast[]>([])
let lastId = 0
let undoable: { toast: number; run: () => void } | null = null

export function showToast(toast: Omit<Toast, 'id'>): void {
  lastId += 1
  const id = lastId
  toasts.set([...toasts.get(), { ...toast, id }].slice(-SHOWN_MAX))
  setTimeout(() => closeToast(id), SHOWN_MS)
}

/** Says what was done and offers to take it back, also with Ctrl Z while the toast is shown. */
export function showUndo(text: string, label: string, run: () => void): void {
  const once = () => {
    undoable = null
    closeToast(id)
    run()
  }
  showToast({ text, action: { label, run: once } })
  const id = lastId
  undoable = { toast: id, run: once }
}

export function undoLast(): void {
  undoable?.run()
}

export function closeToast(id: number): void {
  if (undoable?.toast === id) undoable = null
  toasts.set(toasts.get().filter((toast) => toast.id !== id))
}
