// What people would stumble over who use assistive technology, a keyboard or a magnified page.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

import type { Page } from 'playwright-core'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Violation {
  id: string
  nodes: { html: string; failureSummary?: string }[]
}

/** What axe-core finds, each as one line. The page's policy lets no script in, so this one comes with the page's tools. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run: () => Promise<{ violations: Violation[] }> } }
    return (await axe.run()).violations
  })
  return found.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 400)}`))
}

/**
 * Controls that cannot be brought into view, or that something covers there. A dialog keeps what is below it away, and
 * a panel beside a list lies over it where there is no room.
 */
export function outOfReach(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const dialogs = [...document.querySelectorAll('[role="dialog"]')]
    const controls = (dialogs.at(-1) ?? document).querySelectorAll<HTMLElement>(
      'button, a[href], input, textarea, select',
    )
    const isCovered = (control: HTMLElement) => {
      control.scrollIntoView({ block: 'center', inline: 'center' })
      const box = control.getBoundingClientRect()
      const found = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)
      if (found === null) return true
      const panel = found.closest('aside')
      return !control.contains(found) && !found.contains(control) && (panel === null || panel.contains(control))
    }
    // What is smaller is there for readers only.
    const isSeen = (control: HTMLElement) =>
      control.checkVisibility({ visibilityProperty: true }) && control.getBoundingClientRect().width > 2
    return [...controls]
      .filter((control) => isSeen(control) && isCovered(control))
      .map((control) => `${control.tagName} ${control.innerText || (control.ariaLabel ?? '')}`)
  })
}
