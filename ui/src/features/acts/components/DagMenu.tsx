import { Ellipsis, Trash2 } from 'lucide-react'
import { lazy, Suspense, useRef, useState } from 'react'
import { IconButton } from '@/components/Button'
import { Icon } from '@/components/Icon'
import { Menu, Popover } from '@/components/Popover'
import { useMay } from '@/lib/session'
import type { DagMenuProps } from '@/lib/slots'
import { strings } from '@/lib/strings'

const text = strings.acts
const DeleteDagPopover = lazy(() => import('./DeleteDagPopover'))

/** What is rarer about a DAG; nothing for who may only look. */
export function DagMenu(props: DagMenuProps) {
  const [open, setOpen] = useState(false)
  const at = useRef<HTMLSpanElement>(null)
  const button = useRef<HTMLButtonElement | null>(null)
  if (!useMay('user')) return null
  return (
    <span ref={at}>
      <Popover
        label={text.dagMenu}
        trigger={({ ref, ...rest }) => (
          <IconButton
            {...rest}
            ref={(own) => {
              button.current = own
              if (typeof ref === 'function') ref(own)
              else if (ref) ref.current = own
            }}
            icon={Ellipsis}
            look="bare"
            label={text.dagMenu}
          />
        )}
      >
        {(close) => (
          <Menu
            close={close}
            items={[
              {
                key: 'delete',
                label: (
                  <>
                    <Icon of={Trash2} size={14} />
                    {text.deleteDag}
                  </>
                ),
                run: () => setOpen(true),
              },
            ]}
          />
        )}
      </Popover>
      {open && (
        <Suspense>
          <DeleteDagPopover
            {...props}
            anchor={at}
            onClose={() => {
              setOpen(false)
              button.current?.focus()
            }}
          />
        </Suspense>
      )}
    </span>
  )
}
