import { describe, expect, it } from 'vitest'
import { RETAIL_EDGES, RETAIL_TREE } from '@/testing/fake/retail'
import { aTreeNode } from '@/testing/builders'
import { fromElk, linePath, NODE_HEIGHT, nodeWidth, toElk } from './layout'
import { busiest, closedBelow, edgeLook, labelled, oneSide, shownGraph, type ShownEdge } from './model'
import { shownPath } from './path'
import { dotStep, fitted, neighbour, overlaps, startView, visibleBox, withInView, zoomedAt } from './viewport'

const tree = [
  aTreeNode({ id: 'a' }),
  aTreeNode({ id: 'g', kind: 'group', operator: null }),
  aTreeNode({ id: 'g.b', parent: 1 }),
  aTreeNode({ id: 'g.c', parent: 1 }),
  aTreeNode({ id: 'd' }),
]
const edge = (from: string, to: string) => ({ from, to, label: null, is_setup_teardown: false })
const edges = [edge('a', 'g.b'), edge('a', 'g.c'), edge('g.b', 'g.c'), edge('g.c', 'd')]

describe('the shown graph', () => {
  it('ends edges at what stands for their ends, each pair once', () => {
    const open = shownGraph(tree, edges, [], new Set())
    expect(open.edges.map((one) => one.id)).toEqual(['a g.b', 'a g.c', 'g.b g.c', 'g.c d'])
    const closed = shownGraph(tree, edges, [], new Set(['g']))
    expect(closed.nodes.map((node) => [node.id, node.isOpen])).toEqual([
      ['a', false],
      ['g', false],
      ['d', false],
    ])
    expect(closed.edges.map((one) => one.id)).toEqual(['a g', 'g d'])
  })

  it('hides nested groups below a closed one', () => {
    const closed = shownGraph(RETAIL_TREE, RETAIL_EDGES, [], new Set(['stage']))
    expect(closed.nodes.filter((node) => node.id.startsWith('stage')).map((node) => node.id)).toEqual(['stage'])
    expect(
      closed.edges.every(
        (one) => closed.nodes.some((node) => node.id === one.from) && closed.nodes.some((node) => node.id === one.to),
      ),
    ).toBe(true)
  })

  it('closes groups by level', () => {
    expect([...closedBelow(RETAIL_TREE, 1)]).toEqual([
      'extract.shopify',
      'extract.netsuite',
      'stage.quality',
      'stage.quality.contracts',
    ])
    expect(closedBelow(RETAIL_TREE, Infinity).size).toBe(0)
  })

  it('can be cut to one side', () => {
    const shown = shownGraph(tree, edges, [], new Set())
    expect(oneSide(shown, 'g.b', 'down').nodes.map((node) => node.id)).toEqual(['g', 'g.b', 'g.c', 'd'])
    expect(oneSide(shown, 'g.b', 'up').nodes.map((node) => node.id)).toEqual(['a', 'g', 'g.b'])
  })

  it('labels one of those that say the same', () => {
    const same = (to: string): ShownEdge => ({ id: `v ${to}`, from: 'v', to, label: 'pass', isSetupTeardown: false })
    expect([...labelled([same('a'), same('b'), same('c'), { ...same('d'), label: null }])]).toEqual(['v b'])
  })

  it('starts where something happens', () => {
    expect(busiest(shownGraph(tree, edges, ['success', null, 'running', 'failed', 'none'], new Set()))).toBe('g.c')
    expect(busiest(shownGraph(tree, edges, [], new Set()))).toBeNull()
  })
})

describe('a path', () => {
  const onPath = (closed: string[], path: string[], side?: string) => {
    const whole = shownGraph(tree, edges, [], new Set(closed))
    const { nodes, edges: steps } = shownPath(side === undefined ? whole : oneSide(whole, side, 'down'), tree, path)
    return [[...nodes], [...steps]]
  }

  it('is its tasks and the edges from one to the next', () => {
    expect(onPath([], ['a', 'g.c', 'd'])).toEqual([
      ['a', 'g.c', 'd'],
      ['a g.c', 'g.c d'],
    ])
    expect(onPath([], [])).toEqual([[], []])
    expect(onPath([], ['gone'])).toEqual([[], []])
  })

  it('leads through closed groups', () => {
    expect(onPath(['g'], ['a', 'g.b', 'g.c', 'd'])).toEqual([
      ['a', 'g', 'd'],
      ['a g', 'g d'],
    ])
    const nested = shownGraph(RETAIL_TREE, RETAIL_EDGES, [], new Set(['stage', 'stage.quality']))
    expect([...shownPath(nested, RETAIL_TREE, ['stage.quality.row_counts']).nodes]).toEqual(['stage'])
  })

  it('has a gap where a side is hidden', () => {
    expect(onPath([], ['a', 'g.c', 'd'], 'g.c')).toEqual([['g.c', 'd'], ['g.c d']])
  })
})

it.each([
  ['success', 'success', 'done'],
  ['success', 'running', 'live'],
  ['success', 'queued', 'done'],
  ['running', 'queued', 'wait'],
  ['running', 'none', 'wait'],
  ['success', 'skipped', 'skip'],
  [null, null, 'plain'],
] as const)('an edge from %s to %s is %s', (from, to, look) =>
  expect(edgeLook({ id: '', from: 'a', to: 'b', label: null, isSetupTeardown: false }, from, to)).toBe(look),
)

describe('the layout', () => {
  it('hands boxes with their members to the worker', () => {
    const elk = toElk(shownGraph(tree, edges, [], new Set()))
    expect(elk.children?.map((node) => node.id)).toEqual(['a', 'g', 'd'])
    expect(elk.children?.[1]?.children?.map((node) => [node.id, node.height])).toEqual([
      ['g.b', NODE_HEIGHT],
      ['g.c', NODE_HEIGHT],
    ])
  })

  it('reads places back and lets lines leave in the middle', () => {
    const laid = fromElk({
      id: 'root',
      width: 300,
      height: 100,
      children: [
        { id: 'a', x: 0, y: 0, width: 100, height: 44 },
        { id: 'b', x: 200, y: 50, width: 100, height: 44 },
      ],
      edges: [
        {
          id: 'a b',
          sources: ['a'],
          targets: ['b'],
          sections: [{ id: 's', startPoint: { x: 100, y: 10 }, endPoint: { x: 200, y: 60 } }],
        },
      ],
    })
    expect(laid.lines.get('a b')).toEqual([
      { x: 100, y: 22 },
      { x: 200, y: 72 },
    ])
    expect(linePath(laid.lines.get('a b') ?? [])).toBe('M100 22C147 22 147 72 194 72')
  })

  it('gives long names more room, to a limit', () => {
    const [short, long] = ['a', 'x'.repeat(200)].map(
      (id) => shownGraph([aTreeNode({ id, operator: null })], [], [], new Set()).nodes[0],
    )
    expect(short && nodeWidth(short)).toBe(96)
    expect(long && nodeWidth(long)).toBe(280)
  })
})

describe('the view', () => {
  const canvas = { width: 1_000, height: 500 }
  it('starts fitted, or readable when that would be too small', () => {
    expect(fitted({ width: 500, height: 100 }, canvas)).toEqual({ x: 250, y: 200, scale: 1 })
    expect(startView({ width: 5_000, height: 100 }, canvas, undefined)).toEqual({ x: 24, y: 210, scale: 0.8 })
    expect(startView({ width: 5_000, height: 100 }, canvas, { x: 2_000, y: 0, width: 100, height: 44 }).x).toBe(-1_140)
  })

  it('zooms around a point', () => {
    const view = zoomedAt({ x: 10, y: 20, scale: 1 }, { x: 110, y: 120 }, 2)
    expect(view).toEqual({ x: -90, y: -80, scale: 2 })
    expect(zoomedAt(view, { x: 0, y: 0 }, 100).scale).toBe(2)
  })

  it('knows what it shows and moves as little as needed', () => {
    expect(visibleBox({ x: -100, y: 0, scale: 0.5 }, canvas)).toMatchObject({ x: 200, width: 2_000 })
    expect(overlaps({ x: 0, y: 0, width: 10, height: 10 }, { x: 10, y: 0, width: 5, height: 5 })).toBe(false)
    const view = { x: 0, y: 0, scale: 1 }
    expect(withInView(view, { x: 100, y: 100, width: 100, height: 44 }, canvas)).toBe(view)
    expect(withInView(view, { x: 1_200, y: 100, width: 100, height: 44 }, canvas)).toEqual({ x: -324, y: 0, scale: 1 })
    expect(dotStep(0.1)).toBe(16)
  })

  it('follows edges sideways and columns up and down', () => {
    const at = (x: number, y: number) => ({ x, y, width: 10, height: 10 })
    const layout = {
      width: 0,
      height: 0,
      lines: new Map(),
      labels: new Map(),
      boxes: new Map([
        ['a', at(0, 0)],
        ['b', at(50, 0)],
        ['c', at(50, 100)],
        ['d', at(200, 5)],
      ]),
    }
    const ends = [
      { from: 'a', to: 'b' },
      { from: 'a', to: 'c' },
    ]
    const go = (from: string, direction: 'up' | 'down' | 'left' | 'right') =>
      neighbour(layout, ends, ['a', 'b', 'c', 'd'], from, direction)
    expect([go('a', 'right'), go('c', 'left'), go('b', 'down'), go('a', 'left'), go('c', 'up')]).toEqual([
      'b',
      'a',
      'c',
      null,
      'b',
    ])
  })
})
