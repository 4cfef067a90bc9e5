import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import process from 'node:process'

/** A server that never comes up must fail its test, not hang it. */
const START_LIMIT_MS = 60_000
const STOP_LIMIT_MS = 15_000
const POLL_MS = 50

/** CI sets it: then a server that is missing is a failure, not a reason to leave tests out. */
export const serversAreRequired = process.env.OPSOURCE_REQUIRE_SERVERS === '1'

/** @returns the program's path, from the places before the search path; null where the machine has none. */
export function programOf(name: string, places: readonly string[] = []): string | null {
  const folders = [...places, ...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin']
  for (const folder of folders) {
    const file = path.join(folder, name)
    try {
      accessSync(file, constants.X_OK)
      return file
    } catch {
      // Not in this folder.
    }
  }
  return null
}

/** A loopback port that nobody listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port'))))
    })
  })
}

/** A server as a child process, in a process group of its own. */
export class ServerProcess {
  readonly #child: ChildProcess
  #output = ''
  readonly #exited: Promise<void>

  constructor(program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
    const { NODE_COMPILE_CACHE } = process.env
    this.#child = spawn(program, args, {
      env: { NODE_COMPILE_CACHE, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    const keep = (chunk: Buffer) => {
      this.#output = (this.#output + chunk.toString()).slice(-4_000)
    }
    this.#child.stdout?.on('data', keep)
    this.#child.stderr?.on('data', keep)
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', () => resolve())
      this.#child.once('error', (error) => {
        this.#output += error.message
        resolve()
      })
    })
  }

  /** Waits until `check` resolves. Rejects with the server's own words where it exits or takes too long. */
  async ready(check: () => Promise<void>): Promise<void> {
    const deadline = performance.now() + START_LIMIT_MS
    for (;;) {
      try {
        return await check()
      } catch (error) {
        const gone = this.#child.exitCode !== null || this.#child.signalCode !== null
        if (gone || performance.now() > deadline) throw new Error(`the server did not start: ${error}\n${this.#output}`)
        await new Promise((resolve) => setTimeout(resolve, POLL_MS))
      }
    }
  }

  /** Ends the whole group and waits for it. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.#signal(signal)
    const late = setTimeout(() => this.#signal('SIGKILL'), STOP_LIMIT_MS)
    await this.#exited
    clearTimeout(late)
  }

  #signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    const { pid } = this.#child
    if (pid === undefined) return
    try {
      process.kill(-pid, signal)
    } catch {
      // The group is gone already.
    }
  }
}

/** Runs a program to its end. */
export function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv): string {
  return execFileSync(program, args, {
    env,
    encoding: 'utf8',
    timeout: START_LIMIT_MS,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}
