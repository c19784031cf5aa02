import { X } from 'lucide-react'
import { useStore } from '@/lib/store'
import { strings } from '@/lib/strings'
import { closeToast, toasts } from '@/lib/toasts'
import { Icon } from './Icon'

export function Toasts() {
  const shown = useStore(toasts)
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map((toast) => (
        <div key={toast.id} className="toast">
          <span>{toast.text}</span>
          {toast.action && (
            <button type="button" onClick={toast.action.run}>
              {toast.action.label}
            </button>
          )}
          <button type="button" className="ico" aria-label={strings.actions.close} onClick={() => closeToast(toast.id)}>
            <Icon of={X} size={14} />
          </button>
        </div>
      ))}
    </div>
  )
}
