import { useRef, useState } from 'react'
import { part } from '@/lib/part'
import { useMay } from '@/lib/session'
import type { DagMenuProps } from '@/lib/slots'
import { strings } from '@/lib/strings'
import { MoreMenu } from './MoreMenu'

const text = strings.acts
const DeleteDagPopover = part(() => import('./DeleteDagPopover'))

/** What is rarer about a DAG; nothing for who may only look. */
export function DagMenu(props: DagMenuProps) {
  const [open, setOpen] = useState(false)
  const at = useRef<HTMLSpanElement>(null)
  const button = useRef<HTMLButtonElement | null>(null)
  if (!useMay('user')) return null
  return (
    <span ref={at}>
      <MoreMenu label={text.dagMenu} button={button} deleteLabel={text.deleteDag} onDelete={() => setOpen(true)} />
      {open && (
        <DeleteDagPopover
          {...props}
          anchor={at}
          onClose={() => {
            setOpen(false)
            button.current?.focus()
          }}
        />
      )}
    </span>
  )
}
