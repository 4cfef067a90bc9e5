import { type ChildProcess, spawn } from 'node:child_process'
import path from 'node:path'
import { createInterface } from 'node:readline'

const PROGRAM = path.join(import.meta.dirname, 'engine-process.ts')

export type OrderAnswer = { readonly orderId: string } | { readonly refused: string }

/** The engine in a process of its own, to be killed; see `engine-process.ts`. */
export class EngineChild {
  readonly #child: ChildProcess
  readonly #orders = new Map<string, (answer: OrderAnswer | null) => void>()
  readonly #lines = new Map<string, { resolve(rest: string): void; reject(error: Error): void }>()
  readonly #seen = new Map<string, string>()
  readonly exited: Promise<number | null>

  constructor(databaseUrl: string, mode: 'lead' | 'standby') {
    this.#child = spawn(process.execPath, [PROGRAM, databaseUrl, mode], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#child.stdin?.on('error', () => undefined)
    if (this.#child.stdout) createInterface({ input: this.#child.stdout }).on('line', (line) => this.#hear(line))
    this.exited = new Promise((resolve) => {
      this.#child.once('close', (code) => {
        this.#end()
        resolve(code)
      })
    })
  }

  /** Resolves with what follows the word, once the child has said it. Rejects when it ends before. */
  said(word: 'WARM' | 'LEADS' | 'OPEN' | 'HASH' | 'FAILED'): Promise<string> {
    const rest = this.#seen.get(word)
    if (rest !== undefined) {
      this.#seen.delete(word)
      return Promise.resolve(rest)
    }
    return new Promise((resolve, reject) => this.#lines.set(word, { resolve, reject }))
  }

  async ask(word: 'OPEN' | 'HASH'): Promise<string> {
    this.#child.stdin?.write(`${word}\n`)
    return this.said(word)
  }

  /** Places `nthOrder(n)`. @returns null where the process died before it answered. */
  order(n: number): Promise<OrderAnswer | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return Promise.resolve(null)
    return new Promise((resolve) => {
      this.#orders.set(String(n), resolve)
      this.#child.stdin?.write(`${n}\n`)
    })
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  #hear(line: string): void {
    const [word = '', first = '', second = ''] = line.split(' ')
    if (word === 'ACK' || word === 'REFUSED') {
      const answer = word === 'ACK' ? { orderId: second } : { refused: second }
      this.#orders.get(first)?.(answer)
      this.#orders.delete(first)
      return
    }
    const rest = line.slice(word.length + 1)
    const waiting = this.#lines.get(word)
    this.#lines.delete(word)
    if (waiting) waiting.resolve(rest)
    else this.#seen.set(word, rest)
  }

  #end(): void {
    for (const resolve of this.#orders.values()) resolve(null)
    this.#orders.clear()
    for (const { reject } of this.#lines.values()) reject(new Error('the engine ended'))
    this.#lines.clear()
  }
}
