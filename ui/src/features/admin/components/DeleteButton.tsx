import { Trash2 } from 'lucide-react'
import { Button } from '@/components/Button'
import { Popover } from '@/components/Popover'
import { strings } from '@/lib/strings'

const text = strings.admin

/** Says what goes before it goes; there is no second question. */
export function DeleteButton({ name, goes, onDelete }: { name: string; goes: string[]; onDelete: () => void }) {
  return (
    <Popover
      label={text.goneTitle(name)}
      trigger={(props) => (
        <Button {...props} look="danger" icon={Trash2}>
          {text.delete}
        </Button>
      )}
    >
      {(close) => (
        <div className="goes">
          <b>{text.goneTitle(name)}</b>
          <ul>
            {goes.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
          <div className="row">
            <Button onClick={close}>{strings.actions.cancel}</Button>
            <Button
              look="danger"
              icon={Trash2}
              onClick={() => {
                close()
                onDelete()
              }}
            >
              {text.delete}
            </Button>
          </div>
        </div>
      )}
    </Popover>
  )
}
