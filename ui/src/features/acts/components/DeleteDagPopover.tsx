import { useQueryClient } from '@tanstack/react-query'
import type { RefObject } from 'react'
import { useLocation } from 'wouter'
import { links } from '@/lib/links'
import type { DagMenuProps } from '@/lib/slots'
import { strings } from '@/lib/strings'
import { showToast } from '@/lib/toasts'
import { deleteDagRequest } from '../requests'
import { forgetDeleted, useSend } from '../use-send'
import { runsIn, runsOf } from '../words'
import { ActFrame } from './ActFrame'

const text = strings.acts

/** Deletes what is kept of a DAG; its file stays, and makes it anew. */
export default function DeleteDagPopover({
  dagId,
  runs,
  active,
  anchor,
  onClose,
}: DagMenuProps & { anchor: RefObject<Element | null>; onClose: () => void }) {
  const [, navigate] = useLocation()
  const client = useQueryClient()
  const sending = useSend([dagId], () => {
    forgetDeleted(client, dagId)
    onClose()
    navigate(links.dags())
    showToast({ text: text.dagDeleted(dagId) })
  })
  return (
    <ActFrame
      title={text.title.delete(dagId)}
      anchor={anchor}
      onClose={onClose}
      sending={sending}
      requests={[deleteDagRequest(dagId)]}
      verb={text.send.delete}
      danger
    >
      <p className="act-sum">{text.dagRuns(runsIn(runs))}</p>
      <p>{text.deletesDag(dagId)}</p>
      <p>{text.dagComesBack}</p>
      {active > 0 && <p className="retry-t">{text.dagActive(runsOf(active))}</p>}
    </ActFrame>
  )
}
