import { Ellipsis, Trash2 } from 'lucide-react'
import type { RefObject } from 'react'
import { IconButton } from '@/components/Button'
import { Icon } from '@/components/Icon'
import { Menu, Popover, type MenuItem } from '@/components/Popover'

/** What is rarer, behind three dots, deleting last; `button` becomes the place of what an item opens. */
export function MoreMenu({
  label,
  button,
  items = [],
  deleteLabel,
  onDelete,
}: {
  label: string
  button: RefObject<HTMLButtonElement | null>
  items?: MenuItem[]
  deleteLabel: string
  onDelete: () => void
}) {
  const last = (
    <>
      <Icon of={Trash2} size={14} />
      {deleteLabel}
    </>
  )
  return (
    <Popover
      label={label}
      trigger={({ ref, ...props }) => (
        <IconButton
          {...props}
          ref={(own) => {
            button.current = own
            if (typeof ref === 'function') ref(own)
            else if (ref) ref.current = own
          }}
          icon={Ellipsis}
          look="bare"
          label={label}
        />
      )}
    >
      {(close) => <Menu close={close} items={[...items, { key: 'delete', label: last, run: onDelete }]} />}
    </Popover>
  )
}
