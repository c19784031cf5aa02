import { Copy } from 'lucide-react'
import { strings } from '@/lib/strings'
import { showToast } from '@/lib/toasts'
import { Button, IconButton } from './Button'

export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    showToast({ text: strings.actions.copied })
  } catch {
    // Only pages from https or localhost may write to the clipboard.
    showToast({ text: strings.actions.notCopied, tone: 'bad' })
  }
}

/** Copies a text; with `words` it stands in words, else as an icon. */
export function CopyButton({ text, label, words = false }: { text: string; label: string; words?: boolean }) {
  const copy = () => void copyText(text)
  if (words)
    return (
      <Button small look="bare" icon={Copy} aria-label={label} onClick={copy}>
        {strings.actions.copy}
      </Button>
    )
  return <IconButton small look="bare" icon={Copy} label={label} onClick={copy} />
}
