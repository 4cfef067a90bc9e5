import type { Ack, Refusal } from '../acks.ts'
import type { Command } from '../commands.ts'
import { SegmentWriter } from '../journal/batch-format.ts'
import { LIMITS } from '../limits.ts'
import { LateAnswers } from './late-answers.ts'

interface Submitted {
  readonly commands: readonly Command[]
  resolve(acks: readonly Ack[]): void
}

interface Asked {
  resolve(value: unknown): void
  reject(error: Error): void
}

type Send = (segments: readonly Uint8Array<ArrayBuffer>[]) => void

/** What was handed to the engine's thread and not answered yet. */
export class Pending {
  readonly #submitted = new Map<number, Submitted>()
  readonly #asked = new Map<number, Asked>()
  readonly #writer: SegmentWriter
  #full: Uint8Array<ArrayBuffer>[] = []
  #unsent: number[] = []
  /** Sent to a thread that has ended: whether they were journaled is being found out. */
  readonly #doubtful = new Set<number>()
  readonly #late = new LateAnswers()
  #nextId = 1
  #nextQuestion = 1
  #commands = 0

  constructor(origin: number) {
    this.#writer = new SegmentWriter(origin)
  }

  /** Commands waiting for their answers. */
  get commands(): number {
    return this.#commands
  }

  get inDoubt(): boolean {
    return this.#doubtful.size > 0
  }

  /**
   * Hands over everything submitted in one turn of the event loop at once: a message costs more than a command.
   * @throws where a command is not of its type.
   */
  async submit(commands: readonly Command[], send: Send): Promise<readonly Ack[]> {
    const late = this.#late.take(commands)
    if (late) return late
    const id = this.#nextId
    this.#writer.add(id, commands)
    this.#nextId++
    this.#commands += commands.length
    if (this.#unsent.length === 0) setImmediate(() => this.#flush(send))
    this.#unsent.push(id)
    // The engine takes whole segments: a long turn becomes several.
    if (this.#writer.commands >= LIMITS.commandsPerSubmission) this.#full.push(this.#writer.take())
    return new Promise((resolve) => this.#submitted.set(id, { commands, resolve }))
  }

  ask<T>(send: (id: number) => void): Promise<T> {
    const id = this.#nextQuestion++
    return new Promise<T>((resolve, reject) => {
      this.#asked.set(id, { resolve: (value) => resolve(value as T), reject })
      send(id)
    })
  }

  answer(id: number, acks: readonly Ack[]): void {
    const submitted = this.#submitted.get(id)
    if (!submitted) {
      this.#late.found(id, acks)
      return
    }
    this.#submitted.delete(id)
    this.#doubtful.delete(id)
    this.#commands -= submitted.commands.length
    submitted.resolve(acks)
  }

  reply(id: number, value: unknown): void {
    this.#asked.get(id)?.resolve(value)
    this.#asked.delete(id)
  }

  /** The thread is gone: those of `doubtful` (null: all that were sent) wait to be settled, all others were surely not carried out. */
  lose(doubtful: readonly number[] | null, reason: string): void {
    const unsent = new Set(this.#unsent)
    const named = doubtful === null ? null : new Set(doubtful)
    if (this.#writer.commands > 0) this.#writer.take()
    this.#full = []
    this.#unsent = []
    for (const id of [...this.#submitted.keys()]) {
      if (!unsent.has(id) && (named === null || named.has(id))) this.#doubtful.add(id)
      else if (!this.#doubtful.has(id)) this.#refuse(id, 'ENGINE_UNAVAILABLE')
    }
    for (const { reject } of this.#asked.values()) reject(new Error(reason))
    this.#asked.clear()
  }

  /** The journal has been read again: what is still in doubt is not in it. */
  settle(): void {
    for (const id of [...this.#doubtful]) this.#refuse(id, 'ENGINE_UNAVAILABLE')
    this.#late.settled()
  }

  /** The journal cannot be read for too long. */
  giveUp(): void {
    for (const id of [...this.#doubtful]) {
      this.#late.unknown(id, this.#submitted.get(id)?.commands ?? [])
      this.#refuse(id, 'OUTCOME_UNKNOWN')
    }
  }

  #refuse(id: number, code: 'ENGINE_UNAVAILABLE' | 'OUTCOME_UNKNOWN'): void {
    const refusal: Refusal = { kind: 'REFUSED', code }
    this.answer(id, Array<Ack>(this.#submitted.get(id)?.commands.length ?? 0).fill(refusal))
  }

  #flush(send: Send): void {
    const segments = this.#full
    if (this.#writer.commands > 0) segments.push(this.#writer.take())
    this.#full = []
    this.#unsent = []
    if (segments.length > 0) send(segments)
  }
}
