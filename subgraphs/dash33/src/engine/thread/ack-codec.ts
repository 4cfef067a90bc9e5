import type { Ack, OrderSnapshot } from '../acks.ts'
import { orderId } from '../order-id.ts'
import { MARKET_STATUSES } from '../words.ts'
import { orderNumber } from './known-orders.ts'
import { readFills, readOrder, readRecording, writeFills, writeOrder, writeRecording } from './order-words.ts'
import type { WordReader, WordWriter } from './word-stream.ts'

const KINDS = [
  'PLACED',
  'CANCELLED',
  'AMENDED',
  'REFUSED',
  'ACCOUNT_OPENED',
  'CREDITED',
  'ALL_CANCELLED',
  'CANCEL_ALL_AFTER_SET',
  'SETTING_CHANGED',
  'TICKED',
  'MARKET_STATUS_SET',
] as const satisfies readonly Ack['kind'][]

export function writeAck(out: WordWriter, ack: Ack): void {
  out.member(KINDS, ack.kind)
  switch (ack.kind) {
    case 'PLACED':
      writeOrder(out, ack.order)
      writeFills(out, ack.fills)
      out.number(ack.linked.length)
      for (const order of ack.linked) writeOrder(out, order)
      out.flag(ack.replayed)
      break
    case 'CANCELLED':
      out.number(ack.engineSequence)
      writeOrder(out, ack.order)
      break
    case 'AMENDED':
      out.number(ack.engineSequence)
      writeOrder(out, ack.order)
      writeFills(out, ack.fills)
      out.flag(ack.keptPriority)
      break
    case 'REFUSED':
      // Its few forms differ in everything but the code, and none is worth the haste.
      out.text(JSON.stringify(ack))
      break
    case 'ACCOUNT_OPENED':
      out.number(ack.engineSequence)
      out.name(ack.accountId)
      out.flag(ack.replayed)
      break
    case 'CREDITED':
      out.number(ack.engineSequence)
      out.name(ack.accountId)
      out.name(ack.asset)
      out.number(ack.available)
      out.number(ack.held)
      out.flag(ack.replayed)
      break
    case 'ALL_CANCELLED':
      out.number(ack.engineSequence)
      out.number(ack.orderIds.length)
      for (const id of ack.orderIds) out.number(orderNumber(id))
      break
    case 'CANCEL_ALL_AFTER_SET':
      out.number(ack.engineSequence)
      out.optional(ack.at)
      break
    case 'SETTING_CHANGED':
    case 'TICKED':
      out.number(ack.engineSequence)
      break
    case 'MARKET_STATUS_SET':
      out.number(ack.engineSequence)
      out.name(ack.symbol)
      out.member(MARKET_STATUSES, ack.status)
      out.optional(ack.auctionEndsAt)
      writeRecording(out, ack.recording)
  }
}

export function readAck(input: WordReader): Ack {
  const kind = input.member(KINDS)
  switch (kind) {
    case 'PLACED':
      return {
        kind,
        order: readOrder(input),
        fills: readFills(input),
        linked: readOrders(input),
        replayed: input.flag(),
      }
    case 'CANCELLED':
      return { kind, engineSequence: input.number(), order: readOrder(input) }
    case 'AMENDED':
      return {
        kind,
        engineSequence: input.number(),
        order: readOrder(input),
        fills: readFills(input),
        keptPriority: input.flag(),
      }
    case 'REFUSED':
      return JSON.parse(input.text())
    case 'ACCOUNT_OPENED':
      return { kind, engineSequence: input.number(), accountId: input.name(), replayed: input.flag() }
    case 'CREDITED':
      return {
        kind,
        engineSequence: input.number(),
        accountId: input.name(),
        asset: input.name(),
        available: input.number(),
        held: input.number(),
        replayed: input.flag(),
      }
    case 'ALL_CANCELLED':
      return { kind, engineSequence: input.number(), orderIds: readIds(input) }
    case 'CANCEL_ALL_AFTER_SET':
      return { kind, engineSequence: input.number(), at: input.optional() }
    case 'SETTING_CHANGED':
    case 'TICKED':
      return { kind, engineSequence: input.number() }
    case 'MARKET_STATUS_SET':
      return {
        kind,
        engineSequence: input.number(),
        symbol: input.name(),
        status: input.member(MARKET_STATUSES),
        auctionEndsAt: input.optional(),
        recording: readRecording(input),
      }
  }
}

function readOrders(input: WordReader): OrderSnapshot[] {
  const orders: OrderSnapshot[] = []
  for (let left = input.number(); left > 0; left--) orders.push(readOrder(input))
  return orders
}

function readIds(input: WordReader): string[] {
  const ids: string[] = []
  for (let left = input.number(); left > 0; left--) ids.push(orderId(input.number()))
  return ids
}
