import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'

import { expect, test } from 'vitest'

const DIST = resolve(import.meta.dirname, '../dist')
const INITIAL_BYTES_MAX = 350 * 1024

test('what is loaded first is small', () => {
  const html = readFileSync(join(DIST, 'index.html'), 'utf8')
  const first = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.(?:js|css))"/g)].map((found) => found[1] ?? '')
  expect(first.length).toBeGreaterThan(1)
  const size = first.map((file) => gzipSync(readFileSync(join(DIST, file))).length).reduce((a, b) => a + b, 0)
  expect(size).toBeLessThan(INITIAL_BYTES_MAX)
})
