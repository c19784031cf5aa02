/** More of one line is not drawn at once; a click shows the rest. */
export const CHARS_MAX = 4_000

// Colours and cursor moves of terminals: CSI and OSC sequences, and two-character escapes.
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f]/g
// Marks that reorder the text around them would let a line show what it does not say.
const REORDERING = /[\u202a-\u202e\u2066-\u2069]/g

/** A line as it can be shown: without terminal colours, other control characters as their symbols. */
export function shown(text: string): string {
  return text
    .replace(ESCAPES, '')
    .replace(CONTROLS, (char) => (char === '\u007f' ? '\u2421' : String.fromCharCode(0x2400 + char.charCodeAt(0))))
    .replace(REORDERING, '\u2426')
}

export interface Part {
  text: string
  kind: 'plain' | 'hit' | 'link'
}

const LINKS = /https?:\/\/[^\s"'<>()[\]{}]+[^\s"'<>()[\]{}.,;:!?]/g

/** Cuts a line into plain text, hits of a search and web addresses. */
export function partsOf(text: string, query: string): Part[] {
  if (query === '') return cutAt(text, LINKS, 'link')
  return cutAt(text, new RegExp(query.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'gi'), 'hit').flatMap((part) =>
    part.kind === 'hit' ? [part] : cutAt(part.text, LINKS, 'link'),
  )
}

function cutAt(text: string, pattern: RegExp, kind: 'hit' | 'link'): Part[] {
  const parts: Part[] = []
  let from = 0
  for (const match of text.matchAll(pattern)) {
    if (match.index > from) parts.push({ text: text.slice(from, match.index), kind: 'plain' })
    parts.push({ text: match[0], kind })
    from = match.index + match[0].length
  }
  if (from < text.length) parts.push({ text: text.slice(from), kind: 'plain' })
  return parts
}

export const GROUP_START = '::group::'
export const GROUP_END = '::endgroup::'

/** The title of a group from the line that opens it. */
export function groupTitle(text: string): string {
  const at = text.indexOf(GROUP_START)
  return shown(at < 0 ? text : text.slice(at + GROUP_START.length)).trim()
}
