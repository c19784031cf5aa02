import { useEffect, useRef } from 'react'
import { Kbd } from '@/components/Button'
import { Icon } from '@/components/Icon'
import { StateGlyph } from '@/components/state/StateGlyph'
import { strings } from '@/lib/strings'
import { piecesOf } from './model'
import type { Item, Section } from './sections'

const text = strings.palette

export function Results({
  id,
  sections,
  query,
  cursor,
  onPick,
  empty,
}: {
  id: string
  sections: Section[]
  query: string
  cursor: number
  onPick: (item: Item, newTab: boolean) => void
  empty: string
}) {
  const list = useRef<HTMLDivElement>(null)
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' })
  })
  const firsts = sections.map((_, i) => sections.slice(0, i).reduce((sum, section) => sum + section.items.length, 0))
  const total = sections.reduce((sum, section) => sum + section.items.length, 0)
  return (
    <>
      <div ref={list} id={id} className="pal-list scroll" role="listbox" aria-label={text.results}>
        {sections.map((section, i) => (
          <div key={section.key} role="group" aria-labelledby={`${id}-${section.key}`}>
            <div className="pal-group" id={`${id}-${section.key}`}>
              {section.title}
              {section.more !== undefined && <span>{section.more}</span>}
            </div>
            {section.items.map((item, j) => {
              const index = (firsts[i] ?? 0) + j
              return (
                <Line
                  key={item.key}
                  id={`${id}-${String(index)}`}
                  item={item}
                  query={query}
                  selected={index === cursor}
                  onPick={onPick}
                />
              )
            })}
          </div>
        ))}
      </div>
      {total === 0 && empty !== '' && <p className="pal-none">{empty}</p>}
      <span className="sr" role="status">
        {text.count(total)}
      </span>
    </>
  )
}

function Line({
  id,
  item,
  query,
  selected,
  onPick,
}: {
  id: string
  item: Item
  query: string
  selected: boolean
  onPick: (item: Item, newTab: boolean) => void
}) {
  return (
    <div
      id={id}
      className={selected ? 'pal-item on' : 'pal-item'}
      role="option"
      aria-selected={selected}
      onClick={(event) => onPick(item, event.ctrlKey || event.metaKey)}
    >
      {item.state != null ? <StateGlyph state={item.state} /> : item.icon && <Icon of={item.icon} />}
      <span className="ell">
        <Marked text={item.text} query={query} />
        {item.where !== undefined && <span className="i3"> {item.where}</span>}
        {item.says !== undefined && (
          <span className="i3">
            {' '}
            <Marked text={item.says} query={query} />
          </span>
        )}
      </span>
      <span className="p ell">{item.note}</span>
      {selected ? <Kbd>↵</Kbd> : <span />}
    </div>
  )
}

function Marked({ text: whole, query }: { text: string; query: string }) {
  return piecesOf(whole, query).map((piece, i) => (piece.hit ? <mark key={i}>{piece.text}</mark> : piece.text))
}
