import type { Ack, Refusal } from '../acks.ts'
import type { Command } from '../commands.ts'
import type { FailureCode, Submission } from './protocol.ts'

interface Submitted {
  readonly size: number
  resolve(acks: readonly Ack[]): void
}

interface Asked {
  resolve(value: unknown): void
  reject(error: Error): void
}

/** What was handed to the engine's thread and not answered yet. */
export class Pending {
  readonly #submitted = new Map<number, Submitted>()
  readonly #asked = new Map<number, Asked>()
  #outgoing: Submission[] = []
  #nextId = 1
  #commands = 0

  /** Commands waiting for their answers. */
  get commands(): number {
    return this.#commands
  }

  /** Hands over everything submitted in one turn of the event loop at once: a message costs more than a command. */
  submit(commands: readonly Command[], send: (submissions: readonly Submission[]) => void): Promise<readonly Ack[]> {
    const id = this.#nextId++
    this.#commands += commands.length
    if (this.#outgoing.length === 0) setImmediate(() => this.#flush(send))
    this.#outgoing.push({ id, commands })
    return new Promise((resolve) => this.#submitted.set(id, { size: commands.length, resolve }))
  }

  ask<T>(send: (id: number) => void): Promise<T> {
    const id = this.#nextId++
    return new Promise<T>((resolve, reject) => {
      this.#asked.set(id, { resolve: (value) => resolve(value as T), reject })
      send(id)
    })
  }

  answer(id: number, acks: readonly Ack[]): void {
    const submitted = this.#submitted.get(id)
    if (!submitted) return
    this.#submitted.delete(id)
    this.#commands -= submitted.size
    submitted.resolve(acks)
  }

  reply(id: number, value: unknown): void {
    this.#asked.get(id)?.resolve(value)
    this.#asked.delete(id)
  }

  /** Ends everything: the submissions of `ids` (null: all that were sent) with `code`, the others as surely not carried out. */
  fail(ids: readonly number[] | null, code: FailureCode, reason: string): void {
    const unsent = new Set(this.#outgoing.map((submission) => submission.id))
    const named = ids === null ? null : new Set(ids)
    this.#outgoing = []
    for (const [id, { size }] of [...this.#submitted]) {
      const begun = !unsent.has(id) && (named === null || named.has(id))
      const refusal: Refusal = { kind: 'REFUSED', code: begun ? code : 'ENGINE_UNAVAILABLE' }
      this.answer(id, Array<Ack>(size).fill(refusal))
    }
    for (const { reject } of this.#asked.values()) reject(new Error(reason))
    this.#asked.clear()
  }

  #flush(send: (submissions: readonly Submission[]) => void): void {
    const submissions = this.#outgoing
    this.#outgoing = []
    if (submissions.length > 0) send(submissions)
  }
}
