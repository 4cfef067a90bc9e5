import { type ChildProcess, fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'

/** Of Linux, in which /proc counts the time of a process. */
const TICKS_PER_SECOND = 100

const answerSchema = z.object({ ok: z.unknown().optional(), fault: z.string().optional() })

/** A process of the bench, which answers one order after the other. */
export class Child {
  readonly #child: ChildProcess

  constructor(file: string, args: readonly string[] = []) {
    this.#child = fork(path.join(import.meta.dirname, file), args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  }

  /** Rejects with what the child says is wrong. */
  ask<T>(order: object, answer: z.ZodType<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#child.once('message', (message) => {
        const { ok, fault } = answerSchema.parse(message)
        if (fault === undefined) resolve(answer.parse(ok))
        else reject(new Error(fault))
      })
      this.#child.send(order)
    })
  }

  /** Processor time since its start, in milliseconds, all threads. */
  cpuMs(): number {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS_PER_SECOND
  }

  /** Memory in use, in MB. */
  rssMb(): number {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.#child.pid}/status`, 'utf8'))?.[1]
    return Number(kilobytes) / 1_024
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.kill('SIGKILL')
    await ended
  }
}

/** Answers orders in a child, for as long as there is someone to give them. */
export function serveOrders<T>(schema: z.ZodType<T>, answer: (order: T) => unknown): void {
  process.on('disconnect', () => process.exit(0))
  process.on('message', (message) => {
    Promise.resolve()
      .then(() => answer(schema.parse(message)))
      .then((ok) => process.send?.({ ok }))
      .catch((error: Error) => process.send?.({ fault: error.stack ?? error.message }))
  })
}
