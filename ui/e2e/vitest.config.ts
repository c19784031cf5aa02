import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

const BUDGETS = 'e2e/budgets.test.ts'
const isBudgets = process.env['BUDGETS'] === 'yes'

export default defineConfig({
  root: resolve(import.meta.dirname, '..'),
  test: {
    include: isBudgets ? [BUDGETS] : ['e2e/**/*.test.ts'],
    exclude: isBudgets ? [] : [BUDGETS],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
