import { type ChildProcess, spawn } from 'node:child_process'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

const ROOT = path.resolve(import.meta.dirname, '../..')
/** Migrations and a long journal are read before a service is ready. */
const READY_LIMIT_MS = 120_000
const POLL_MS = 100
/** Longer than a service lets its requests take. */
const STOP_LIMIT_MS = 30_000

export interface ServiceSettings {
  readonly name: string
  /** Its main file, from the repository's root. */
  readonly main: string
  readonly port: number
  readonly environment: Readonly<Record<string, string>>
  /** Told every line that the service writes. */
  readonly tell: (line: string) => void
  /** Told when it ends without having been asked to. */
  readonly onLost: (reason: string) => void
}

/** One service as a process of its own. */
export class ServiceProcess {
  readonly name: string
  readonly origin: string
  readonly #child: ChildProcess
  readonly #ended: Promise<void>
  #asked = false

  constructor(settings: ServiceSettings) {
    this.name = settings.name
    this.origin = `http://127.0.0.1:${settings.port}`
    // Detached: a Ctrl-C reaches the services in the order in which they must drain.
    this.#child = spawn(process.execPath, [path.join(ROOT, settings.main)], {
      cwd: ROOT,
      env: { ...process.env, ...settings.environment, PORT: String(settings.port) },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', settings.tell)
    }
    this.#ended = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        if (!this.#asked) settings.onLost(`${signal ?? `exit code ${code}`}`)
        resolve()
      })
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Resolves once it answers that it can do its work. */
  async ready(): Promise<void> {
    for (let waited = 0; waited < READY_LIMIT_MS; waited += POLL_MS) {
      if (this.#isOver()) throw new Error(`${this.name} did not start`)
      const answer = await fetch(`${this.origin}/health/ready`, { signal: AbortSignal.timeout(5_000) }).catch(
        () => null,
      )
      await answer?.body?.cancel()
      if (answer?.ok) return
      await sleep(POLL_MS)
    }
    throw new Error(`${this.name} did not get ready in ${READY_LIMIT_MS / 1000} s`)
  }

  /** Lets it drain; one that takes too long is killed. @returns whether it drained by itself. */
  async stop(): Promise<boolean> {
    if (this.#isOver()) return true
    this.#asked = true
    this.#child.kill('SIGTERM')
    const late = setTimeout(() => this.#child.kill('SIGKILL'), STOP_LIMIT_MS)
    await this.#ended
    clearTimeout(late)
    return this.#child.exitCode === 0
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    this.#asked = true
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  #isOver(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }
}
