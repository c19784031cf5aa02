/** Sizes of the grid, px. A wider window shows more runs, never larger cells. */
export const COLUMN = 20
export const ROW = 24
export const CELL = 14
export const HEAD = 80
export const TREE = 296
/** On a narrow screen. */
export const TREE_NARROW = 180
/** Cells are drawn in blocks of one SVG each; only blocks near the view exist. */
export const BLOCK_COLUMNS = 16
export const BLOCK_ROWS = 24

export interface Range {
  from: number
  to: number
}

/** Blocks that touch the view and one beyond it on both sides, so that scrolling finds them drawn. */
export function blocksInView(offset: number, extent: number, size: number, perBlock: number, total: number): Range {
  const last = Math.max(0, Math.ceil(total / perBlock) - 1)
  const block = size * perBlock
  const from = Math.max(0, Math.min(last, Math.floor(offset / block) - 1))
  return { from, to: Math.max(from, Math.min(last, Math.floor((offset + extent) / block) + 1)) }
}
