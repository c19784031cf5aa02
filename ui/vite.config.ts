import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import type { ProxyOptions } from 'vite'
import { defineConfig } from 'vitest/config'
import { fakeApi } from './scripts/fake-api.ts'

const server = process.env.TRADEWIND_SERVER ?? 'http://localhost:8080'

/** An event stream that has nothing to say yet is open all the same; the proxy would wait for its first words. */
const passHeaders: ProxyOptions['configure'] = (proxy) => {
  proxy.on('proxyRes', (_answer, _request, response) => setImmediate(() => response.flushHeaders()))
}

export default defineConfig(({ mode }) => ({
  plugins: [react(), mode === 'fake' && fakeApi()],
  resolve: { alias: { '@': fileURLToPath(new URL('src', import.meta.url)) } },
  // The server's content-security policy allows no data: addresses.
  build: { assetsInlineLimit: 0, target: 'es2022', reportCompressedSize: false, chunkSizeWarningLimit: 2_000 },
  worker: { format: 'es' },
  server:
    mode === 'fake' ? {} : { proxy: { '/ui': { target: server, configure: passHeaders }, '/api': { target: server } } },
  test: { environment: 'happy-dom', include: ['src/**/*.test.{ts,tsx}'], setupFiles: ['src/testing/setup.ts'] },
}))
