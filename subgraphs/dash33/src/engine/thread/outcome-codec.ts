import type { Ack } from '../acks.ts'
import type { BalanceChange, EngineBatch, EngineEvent, HoldChange, LevelChange, RestingChange } from '../events.ts'
import { SIDES } from '../words.ts'
import { readAck, writeAck } from './ack-codec.ts'
import { readEvent, writeEvent } from './event-codec.ts'
import { WordReader, WordWriter } from './word-stream.ts'

/** The answers to one submission, in the order of its commands. */
export interface Answer {
  readonly id: number
  readonly acks: readonly Ack[]
}

/** What came of one journaled batch: what everybody may know, and who waits for which answer. */
export interface Outcome {
  readonly batch: EngineBatch
  readonly answers: readonly Answer[]
}

/** Writes outcomes for the main thread, reusing its memory from one to the next. */
export class OutcomeWriter {
  readonly #out = new WordWriter()

  /** @returns a buffer to be transferred. */
  encode({ batch, answers }: Outcome): ArrayBuffer {
    const out = this.#out
    out.number(batch.firstSequence)
    out.number(batch.lastSequence)
    out.number(batch.time)
    writeAll(out, batch.events, writeEvent)
    writeAll(out, batch.levels, writeLevel)
    writeAll(out, batch.resting, writeResting)
    writeAll(out, batch.balances, writeBalance)
    writeAll(out, batch.holds, writeHold)
    writeAll(out, answers, writeAnswer)
    return out.finish()
  }
}

export function decodeOutcome(written: ArrayBuffer): Outcome {
  const input = new WordReader(written)
  const batch: EngineBatch = {
    firstSequence: input.number(),
    lastSequence: input.number(),
    time: input.number(),
    events: readAll<EngineEvent>(input, readEvent),
    levels: readAll(input, readLevel),
    resting: readAll(input, readResting),
    balances: readAll(input, readBalance),
    holds: readAll(input, readHold),
  }
  return { batch, answers: readAll(input, readAnswer) }
}

function writeAll<T>(out: WordWriter, items: readonly T[], write: (out: WordWriter, item: T) => void): void {
  out.number(items.length)
  for (const item of items) write(out, item)
}

function readAll<T>(input: WordReader, read: (input: WordReader) => T): T[] {
  const items: T[] = []
  for (let left = input.number(); left > 0; left--) items.push(read(input))
  return items
}

function writeLevel(out: WordWriter, level: LevelChange): void {
  out.text(level.symbol)
  out.member(SIDES, level.side)
  out.number(level.price)
  out.number(level.quantity)
}

function readLevel(input: WordReader): LevelChange {
  return { symbol: input.text(), side: input.member(SIDES), price: input.number(), quantity: input.number() }
}

function writeResting(out: WordWriter, order: RestingChange): void {
  out.text(order.symbol)
  out.member(SIDES, order.side)
  out.text(order.orderId)
  out.number(order.price)
  out.number(order.quantity)
  out.number(order.priority)
}

function readResting(input: WordReader): RestingChange {
  return {
    symbol: input.text(),
    side: input.member(SIDES),
    orderId: input.text(),
    price: input.number(),
    quantity: input.number(),
    priority: input.number(),
  }
}

function writeBalance(out: WordWriter, balance: BalanceChange): void {
  out.text(balance.accountId)
  out.text(balance.asset)
  out.number(balance.available)
  out.number(balance.held)
}

function readBalance(input: WordReader): BalanceChange {
  return { accountId: input.text(), asset: input.text(), available: input.number(), held: input.number() }
}

function writeHold(out: WordWriter, hold: HoldChange): void {
  out.text(hold.orderId)
  out.text(hold.accountId)
  out.text(hold.asset)
  out.number(hold.held)
}

function readHold(input: WordReader): HoldChange {
  return { orderId: input.text(), accountId: input.text(), asset: input.text(), held: input.number() }
}

function writeAnswer(out: WordWriter, { id, acks }: Answer): void {
  out.number(id)
  writeAll(out, acks, writeAck)
}

function readAnswer(input: WordReader): Answer {
  return { id: input.number(), acks: readAll(input, readAck) }
}
