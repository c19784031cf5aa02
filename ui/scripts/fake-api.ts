import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Connect, type Plugin } from 'vite'

/** What src/testing/fake/server.ts exports. */
interface FakeServer {
  answer: (method: string, url: string, body: unknown) => { status: number; body: unknown }
  nextChange: () => unknown
}

const CHANGE_EVERY_MS = 5_000
/** What the real server sends; `npm run shot -- --dist` holds the build against it. */
export const POLICY = "default-src 'self'; script-src 'self'; style-src 'self'"

/** Serves the fake API of src/testing beside the UI, in development and for screenshots. */
export function fakeApi(): Plugin {
  return {
    name: 'fake-api',
    configureServer(vite) {
      vite.middlewares.use(handler(async () => (await vite.ssrLoadModule('/src/testing/fake/server.ts')) as FakeServer))
    },
    async configurePreviewServer(preview) {
      const vite = await createServer({
        configFile: false,
        root: preview.config.root,
        server: { middlewareMode: true },
        resolve: preview.config.resolve,
        appType: 'custom',
      })
      preview.httpServer.on('close', () => void vite.close())
      preview.middlewares.use((_request, response, next) => {
        response.setHeader('Content-Security-Policy', POLICY)
        next()
      })
      preview.middlewares.use(
        handler(async () => (await vite.ssrLoadModule('/src/testing/fake/server.ts')) as FakeServer),
      )
    },
  }
}

function handler(load: () => Promise<FakeServer>): Connect.NextHandleFunction {
  return (request, response, next) => {
    const url = request.url ?? '/'
    if (!/^\/(ui|api\/v2)\//.test(url)) {
      next()
      return
    }
    void load()
      .then((fake) =>
        url.startsWith('/ui/events') ? stream(fake, request, response) : answer(fake, url, request, response),
      )
      .catch((error: unknown) => {
        // The browser went away in the middle of a request: nobody is left to answer.
        if (!request.destroyed) next(error)
      })
  }
}

function stream(fake: FakeServer, request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
  response.write(': open\n\n')
  const timer = setInterval(
    () => response.write(`event: change\ndata: ${JSON.stringify(fake.nextChange())}\n\n`),
    CHANGE_EVERY_MS,
  )
  request.on('close', () => clearInterval(timer))
}

async function answer(
  fake: FakeServer,
  url: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  const { status, body } = fake.answer(request.method ?? 'GET', url, text === '' ? undefined : JSON.parse(text))
  response.writeHead(status, { 'Content-Type': 'application/json' })
  response.end(body === undefined ? '' : JSON.stringify(body))
}
