import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'

const PROGRAM = fileURLToPath(new URL('../../market/src/main.ts', import.meta.url))
const PRELOADED = fileURLToPath(new URL('./market-child.ts', import.meta.url))
/** It withdraws its quotes and pauses the markets. */
const STOP_LIMIT_MS = 8_000
const RESTART_PAUSE_MS = 5_000

export interface MarketOptions {
  readonly speed: number
  readonly log: Logger
  /** Told of what a person should know. */
  readonly tell: (line: string) => void
}

/**
 * The market in a box as a process of its own: it takes a core's time, and it is an ordinary client.
 * It loads its code while the gateway is being started, and plays once it is told where that is.
 */
export class MarketProcess {
  readonly #options: MarketOptions
  #gatewayUrl: string | undefined
  #child: ChildProcess | undefined
  #stopping = false

  constructor(options: MarketOptions) {
    this.#options = options
    this.#start()
  }

  play(gatewayUrl: string): void {
    this.#gatewayUrl = gatewayUrl
    this.#tell()
  }

  /** Lets it withdraw its quotes. */
  async stop(): Promise<void> {
    this.#stopping = true
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
    await ended
    clearTimeout(late)
  }

  #start(): void {
    const { speed, log, tell } = this.#options
    const args = ['--import', PRELOADED, PROGRAM, '--loop', '--speed', String(speed)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    this.#child = child
    this.#tell()
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => log.info({ market: line }, 'market'))
    }
    child.once('error', (error) => log.error({ err: error }, 'the market in a box cannot be started'))
    child.once('exit', (code, signal) => {
      if (this.#stopping) return
      tell(
        `the market in a box ended (${code ?? signal}), and starts again in ${RESTART_PAUSE_MS / 1000} s; see the log`,
      )
      void sleep(RESTART_PAUSE_MS, undefined, { ref: false }).then(() => {
        if (!this.#stopping) this.#start()
      })
    })
  }

  #tell(): void {
    // One that has just ended is told again when it is started again.
    if (this.#gatewayUrl !== undefined) this.#child?.send(this.#gatewayUrl, () => {})
  }
}
