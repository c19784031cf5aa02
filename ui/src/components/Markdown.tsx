import Renderer, { type MarkdownToJSX } from 'markdown-to-jsx/react'
import type { ReactNode } from 'react'

/** Addresses that an author's link may lead to; others are dropped. */
const SAFE = /^(https?:|mailto:|#)/i

const OPTIONS: MarkdownToJSX.Options = {
  disableParsingRawHTML: true,
  ignoreHTMLBlocks: true,
  disableAutoLink: true,
  forceBlock: true,
  // No heading takes the id of a part of the page.
  slugify: (words) => `doc-${words.replaceAll(/\W+/g, '-')}`,
  sanitizer: (value) => (SAFE.test(value.trim()) ? value : null),
  overrides: { a: { component: Away }, img: { component: Picture } },
}

/**
 * What a DAG's author wrote, as Markdown. It becomes elements and never markup: HTML in it stays text, and its links
 * open beside the page.
 */
export default function Markdown({ text }: { text: string }) {
  return (
    <div className="md">
      <Renderer options={OPTIONS}>{text}</Renderer>
    </div>
  )
}

function Away({ href, children }: { href?: string; children?: ReactNode }) {
  return (
    <a className="link" href={href} target="_blank" rel="noreferrer noopener">
      {children}
    </a>
  )
}

/** The page's policy refuses pictures of other places, so they are links. */
function Picture({ src, alt }: { src?: string; alt?: string }) {
  return src === undefined ? <span>{alt}</span> : <Away href={src}>{alt || src}</Away>
}
