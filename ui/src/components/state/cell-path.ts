import type { TaskState } from '@/api/contract'
import { bandPaint, bandsOf } from './bands'
import { CELLS } from './shapes'
import { STATES, totalOf, type Counts } from './table'

/** Draws many cells as few paths: one per layer of a state, however many cells there are. */
export class CellPainter {
  private readonly paths = new Map<string, { order: number; attributes: string; parts: string[] }>()

  state(state: TaskState, x: number, y: number): void {
    CELLS[state].forEach((layer, i) => {
      const dash = layer.dash === undefined ? '' : ` stroke-dasharray="${layer.dash}"`
      const width = layer.width === undefined ? '' : ` stroke-width="${String(layer.width)}"`
      this.add(i, `class="${layer.paint}"${width}${dash}`, `M${fixed(x)} ${fixed(y)}${layer.d}`)
    })
  }

  /** A mapped task or a closed group: bands by share, and a slit that marks it as many. */
  counts(counts: Counts, x: number, y: number, size = 14): void {
    const bands = bandsOf(counts, size)
    if (bands.length === 0) return
    for (const [i, band] of bands.entries()) {
      const d = bandPath(x, y + band.y, size, band.height, i === 0 ? 3 : 0, i === bands.length - 1 ? 3 : 0)
      this.add(0, `class="${bandPaint(band.state, `f-${STATES[band.state].family}`)}"`, d)
      if (i > 0) this.add(1, 'class="s-bg"', `M${fixed(x)} ${fixed(y + band.y)}h${fixed(size)}`)
    }
    const toCome = (counts.queued ?? 0) + (counts.scheduled ?? 0) + (counts.none ?? 0)
    if (toCome > 0) this.add(1, 'class="s-line-2"', bandPath(x + 0.5, y + 0.5, size - 1, size - 1, 2.5, 2.5))
    if (totalOf(counts) > 0)
      this.add(2, 'class="s-bg" opacity=".7"', `M${fixed(x + size / 2)} ${fixed(y)}v${fixed(size)}`)
  }

  /** An open group: a thin line in its worst state. */
  line(state: TaskState, x: number, y: number): void {
    const paint =
      state === 'success' ? 'f-ok-q' : STATES[state].family === 'idle' ? 'f-line-2' : `f-${STATES[state].family}`
    const soft = state === 'upstream_failed' ? ' soft' : ''
    this.add(0, `class="${paint}${soft}"`, bandPath(x, y + 5, 14, 4, 2, 2))
  }

  toMarkup(): string {
    return [...this.paths.values()]
      .sort((a, b) => a.order - b.order)
      .map((path) => `<path ${path.attributes} d="${path.parts.join('')}"/>`)
      .join('')
  }

  private add(order: number, attributes: string, d: string): void {
    const key = `${String(order)} ${attributes}`
    const path = this.paths.get(key)
    if (path) path.parts.push(d)
    else this.paths.set(key, { order, attributes, parts: [d] })
  }
}

function bandPath(x: number, y: number, width: number, height: number, top: number, bottom: number): string {
  const t = Math.min(top, height / 2)
  const b = Math.min(bottom, height / 2)
  return (
    `M${fixed(x + t)} ${fixed(y)}h${fixed(width - 2 * t)}${corner(t, t, t)}v${fixed(height - t - b)}${corner(b, -b, b)}` +
    `h${fixed(2 * b - width)}${corner(b, -b, -b)}v${fixed(t + b - height)}${corner(t, t, -t)}z`
  )
}

function corner(radius: number, dx: number, dy: number): string {
  return radius === 0 ? '' : `a${fixed(radius)} ${fixed(radius)} 0 0 1 ${fixed(dx)} ${fixed(dy)}`
}

function fixed(value: number): string {
  return String(Math.round(value * 100) / 100)
}
