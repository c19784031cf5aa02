import { useEffect, useRef, type RefObject } from 'react'

/** How long a finger rests until it means what a pointer says by hovering. */
const HOLD_MS = 500
/** A finger that moves further scrolls. */
const STILL_PX = 8

/** What a long press does: fingers do not hover. `onEnd` is called when the finger goes elsewhere afterwards. */
export function useHold(
  element: RefObject<HTMLElement | null>,
  onHold: (x: number, y: number) => void,
  onEnd: () => void,
): void {
  const call = useRef({ onHold, onEnd })
  useEffect(() => {
    call.current = { onHold, onEnd }
  })
  useEffect(() => {
    const own = element.current
    if (!own) return
    let timer: ReturnType<typeof setTimeout> | undefined
    let from = { x: 0, y: 0 }
    let held = false
    const begin = (event: PointerEvent) => {
      if (held) call.current.onEnd()
      held = false
      clearTimeout(timer)
      if (event.pointerType !== 'touch') return
      from = { x: event.clientX, y: event.clientY }
      timer = setTimeout(() => {
        held = true
        call.current.onHold(from.x, from.y)
      }, HOLD_MS)
    }
    const move = (event: PointerEvent) => {
      if (Math.hypot(event.clientX - from.x, event.clientY - from.y) > STILL_PX) clearTimeout(timer)
    }
    const end = () => clearTimeout(timer)
    // The menu that some systems open on a long press would cover what it shows.
    const noMenu = (event: Event) => {
      if (held) event.preventDefault()
    }
    // The click that ends the press means nothing more.
    const noClick = (event: Event) => {
      if (held) event.stopPropagation()
    }
    own.addEventListener('pointerdown', begin)
    own.addEventListener('pointermove', move)
    own.addEventListener('pointerup', end)
    own.addEventListener('pointercancel', end)
    own.addEventListener('contextmenu', noMenu)
    own.addEventListener('click', noClick, true)
    return () => {
      clearTimeout(timer)
      own.removeEventListener('pointerdown', begin)
      own.removeEventListener('pointermove', move)
      own.removeEventListener('pointerup', end)
      own.removeEventListener('pointercancel', end)
      own.removeEventListener('contextmenu', noMenu)
      own.removeEventListener('click', noClick, true)
    }
  }, [element])
}
