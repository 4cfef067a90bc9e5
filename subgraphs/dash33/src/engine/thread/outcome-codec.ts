import type { Ack } from '../acks.ts'
import type { BalanceChange, EngineBatch, EngineEvent, HoldChange, LevelChange, RestingChange } from '../events.ts'
import { orderId } from '../order-id.ts'
import { SIDES } from '../words.ts'
import { readAck, writeAck } from './ack-codec.ts'
import { readEvent, writeEvent } from './event-codec.ts'
import { orderNumber } from './known-orders.ts'
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

/** Writes a thread's outcomes for the main thread: one writer for all of them, and each is to be read, in order. */
export class OutcomeWriter {
  readonly #out = new WordWriter()

  /** @returns a buffer to be transferred. */
  encode({ batch, answers }: Outcome): ArrayBuffer {
    const out = this.#out
    out.number(batch.firstSequence)
    out.number(batch.lastSequence)
    out.number(batch.time)
    // A loop for each, not one that is handed the writer: the compiler inlines what it knows.
    out.number(batch.events.length)
    for (const event of batch.events) writeEvent(out, event)
    out.number(batch.levels.length)
    for (const level of batch.levels) writeLevel(out, level)
    out.number(batch.resting.length)
    for (const order of batch.resting) writeResting(out, order)
    out.number(batch.balances.length)
    for (const balance of batch.balances) writeBalance(out, balance)
    out.number(batch.holds.length)
    for (const hold of batch.holds) writeHold(out, hold)
    out.number(answers.length)
    for (const { id, acks } of answers) {
      out.number(id)
      out.number(acks.length)
      for (const ack of acks) writeAck(out, ack)
    }
    return out.finish()
  }
}

/** Reads what one `OutcomeWriter` wrote. */
export class OutcomeReader {
  readonly #input = new WordReader()

  decode(written: ArrayBuffer): Outcome {
    const input = this.#input
    input.open(written)
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
}

function readAll<T>(input: WordReader, read: (input: WordReader) => T): T[] {
  const items: T[] = []
  for (let left = input.number(); left > 0; left--) items.push(read(input))
  return items
}

function writeLevel(out: WordWriter, level: LevelChange): void {
  out.name(level.symbol)
  out.member(SIDES, level.side)
  out.number(level.price)
  out.number(level.quantity)
}

function readLevel(input: WordReader): LevelChange {
  return { symbol: input.name(), side: input.member(SIDES), price: input.number(), quantity: input.number() }
}

/** Its number, and where the order is not known the negative number, followed by what it is named by. */
function writeResting(out: WordWriter, order: RestingChange): void {
  const number = orderNumber(order.orderId)
  if (out.orders.has(number)) out.number(number)
  else {
    out.number(-number)
    out.name(order.symbol)
    out.member(SIDES, order.side)
  }
  out.number(order.price)
  out.number(order.quantity)
  out.number(order.priority)
}

function readResting(input: WordReader): RestingChange {
  const number = input.number()
  const known = number > 0 ? input.orders.get(number) : null
  return {
    symbol: known ? known.symbol : input.name(),
    side: known ? known.side : input.member(SIDES),
    orderId: known ? known.orderId : orderId(-number),
    price: input.number(),
    quantity: input.number(),
    priority: input.number(),
  }
}

function writeBalance(out: WordWriter, balance: BalanceChange): void {
  out.name(balance.accountId)
  out.name(balance.asset)
  out.number(balance.available)
  out.number(balance.held)
}

function readBalance(input: WordReader): BalanceChange {
  return { accountId: input.name(), asset: input.name(), available: input.number(), held: input.number() }
}

function writeHold(out: WordWriter, hold: HoldChange): void {
  const number = orderNumber(hold.orderId)
  if (out.orders.has(number)) out.number(number)
  else {
    out.number(-number)
    out.name(hold.accountId)
  }
  out.name(hold.asset)
  out.number(hold.held)
}

function readHold(input: WordReader): HoldChange {
  const number = input.number()
  const known = number > 0 ? input.orders.get(number) : null
  return {
    orderId: known ? known.orderId : orderId(-number),
    accountId: known ? known.accountId : input.name(),
    asset: input.name(),
    held: input.number(),
  }
}

function readAnswer(input: WordReader): Answer {
  return { id: input.number(), acks: readAll(input, readAck) }
}
