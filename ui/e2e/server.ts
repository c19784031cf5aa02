// A real server on folders of its own, for one test file.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '../..')
const TARGET = process.env['CARGO_TARGET_DIR'] ?? join(ROOT, 'target')
const PATIENCE_MS = 90_000
const POLL_MS = 50

export const PASSWORD = 'e2e'

export class Server {
  readonly home: string
  readonly dags: string
  private child: ChildProcess | undefined
  private token = ''

  private constructor(
    readonly folder: string,
    readonly port: number,
  ) {
    this.home = join(folder, 'home')
    this.dags = join(folder, 'dags')
  }

  /** Starts a server whose DAG folder holds these files of `e2e/dags`; its DAGs are not paused at first. */
  static async start(...files: string[]): Promise<Server> {
    const server = new Server(mkdtempSync(join(tmpdir(), 'tradewind-e2e-')), await freePort())
    mkdirSync(server.home)
    mkdirSync(server.dags)
    for (const file of files) cpSync(join(import.meta.dirname, 'dags', file), join(server.dags, basename(file)))
    writeFileSync(join(server.home, 'tradewind.toml'), '[scheduler]\ndags_are_paused_at_creation = false\n')
    await server.restart()
    return server
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** Starts the process (again) and waits until it serves. */
  async restart(): Promise<void> {
    await this.stop()
    const words = ['standalone', '--home', this.home, '--dags', this.dags, '--host', '127.0.0.1']
    words.push('--port', String(this.port), '--python', python())
    const env = {
      ...process.env,
      TRADEWIND_ADMIN_PASSWORD: PASSWORD,
      TRADEWIND__LOGGING__LEVEL: 'warn',
      EXAMPLES_OUT: join(this.folder, 'out'),
    }
    this.child = spawn(binary(), words, { env, stdio: ['ignore', 'ignore', 'inherit'] })
    await eventually('the server serves', async () => (await fetch(`${this.url}/api/v2/monitor/health`)).ok)
    const body = JSON.stringify({ username: 'admin', password: PASSWORD })
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`${this.url}/auth/token`, { method: 'POST', headers, body })
    this.token = ((await answer.json()) as { access_token: string }).access_token
  }

  async stop(): Promise<void> {
    const child = this.child
    if (!child || child.exitCode !== null) return
    const ended = new Promise((done) => child.once('exit', done))
    child.kill('SIGTERM')
    await ended
  }

  async end(): Promise<void> {
    await this.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** Runs a program of the repository with the folder of this server's database, which is not running meanwhile. */
  async whileStopped(program: string, ...words: string[]): Promise<void> {
    await this.stop()
    execFileSync(program, words, { cwd: ROOT, stdio: 'inherit' })
    await this.restart()
  }

  /** Makes an account with the same password: nothing in the server does so yet. */
  async addAccount(name: string, role: 'viewer' | 'user' | 'op' | 'admin'): Promise<void> {
    await this.whileStopped('python3', 'ui/e2e/add_account.py', join(this.home, 'tradewind.db'), name, role)
  }

  /** Adds or replaces a DAG file. */
  write(name: string, text: string): void {
    writeFileSync(join(this.dags, name), text)
  }

  remove(name: string): void {
    rmSync(join(this.dags, name))
  }

  async api<T>(method: string, path: string, body?: unknown): Promise<T> {
    const headers = { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' }
    const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) }
    const answer = await fetch(`${this.url}/api/v2${path}`, init)
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as T
  }

  async hasDag(dagId: string): Promise<void> {
    await eventually(`${dagId} is there`, async () => {
      await this.api('GET', `/dags/${dagId}`)
      return true
    })
  }

  /** Triggers a run and returns its id; with `until` only when it is in that state. */
  async run(dagId: string, until?: string, conf: unknown = {}): Promise<string> {
    await this.hasDag(dagId)
    type Run = { dag_run_id: string; state: string }
    const run = await this.api<Run>('POST', `/dags/${dagId}/dagRuns`, { logical_date: null, conf })
    if (until) {
      const path = `/dags/${dagId}/dagRuns/${encodeURIComponent(run.dag_run_id)}`
      await eventually(`${dagId} is ${until}`, async () => (await this.api<Run>('GET', path)).state === until)
    }
    return run.dag_run_id
  }
}

/** Looks again and again; what throws counts as "not yet". */
export async function eventually(what: string, look: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS
  let last: unknown = 'it was false'
  while (Date.now() < deadline) {
    try {
      if (await look()) return
      last = 'it was false'
    } catch (error) {
      last = error
    }
    await new Promise((done) => setTimeout(done, POLL_MS))
  }
  throw new Error(`${what}: not within ${PATIENCE_MS / 1000} s (${String(last)})`)
}

function binary(): string {
  return process.env['TRADEWIND_BIN'] ?? join(TARGET, 'debug/tradewind')
}

/** The interpreter that the Rust tests use: named, or built by them below the target folder. */
function python(): string {
  const named = process.env['TRADEWIND_TEST_PYTHON']
  if (named) return named
  const folder = join(TARGET, 'test-python')
  const whole = readdirSync(folder).find((name) => existsSync(join(folder, name, 'tradewind-complete')))
  if (!whole) throw new Error('no Python environment for tests; run the Rust tests once')
  return join(folder, whole, 'bin/python')
}

function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const probe = createServer()
    probe.once('error', failed)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (typeof address === 'object' && address ? done(address.port) : failed(new Error('no port'))))
    })
  })
}
