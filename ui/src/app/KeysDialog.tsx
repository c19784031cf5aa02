import { useState } from 'react'
import { Kbd } from '@/components/Button'
import { Switch } from '@/components/Controls'
import { Dialog } from '@/components/Dialog'
import { keyCaps, singleKeys, useShortcuts } from '@/lib/keys'
import { useStore } from '@/lib/store'
import { strings } from '@/lib/strings'

export function KeysDialog({ onClose }: { onClose: () => void }) {
  // The dialog's own keys replace those of the screen while it is open: keep what was there.
  const reachable = useShortcuts()
  const [shortcuts] = useState(() => reachable.filter((one) => one.label !== ''))
  const single = useStore(singleKeys)
  return (
    <Dialog
      title={strings.keys.title}
      width={640}
      onClose={onClose}
      footer={
        <>
          <Switch on={single} onChange={(on) => singleKeys.set(on)} label={strings.keys.single} />
          <span className="t12 i2">{strings.keys.single}</span>
        </>
      }
    >
      <div className="keys-list">
        {shortcuts.map((one) => (
          <div key={`${one.keys.join(' ')} ${one.label}`}>
            <span className="keys">
              {keyCaps(one).map((cap, i) => (cap === '–' ? <span key={i}>–</span> : <Kbd key={i}>{cap}</Kbd>))}
            </span>
            <span>{one.label}</span>
          </div>
        ))}
      </div>
    </Dialog>
  )
}
