import { type MatchEnd, opposite } from '../book/index.ts'
import { quoteAmount } from '../market/instruments.ts'
import type { Account } from './account.ts'
import type { Ack, Refusal } from './acks.ts'
import type { CancelOrder, PlaceOrder } from './commands.ts'
import type { CancelReason, EngineEvent } from './events.ts'
import { LIMITS } from './limits.ts'
import type { Market } from './market.ts'
import { type FirstFill, Order } from './order.ts'
import { parseOrderId } from './order-id.ts'
import { settle } from './settlement.ts'
import type { EngineState } from './state.ts'

/** Where and when a command is applied. */
export interface Moment {
  readonly sequence: number
  readonly time: number
}

/** Places an admissible order: dedupe, hold, match, then rest or cancel what remains. */
export function place(state: EngineState, command: PlaceOrder, now: Moment, out: EngineEvent[]): Ack {
  const account = state.accounts.get(command.accountId)
  if (!account) return { kind: 'REFUSED', code: 'UNKNOWN_ACCOUNT' }
  const known = account.orders.get(command.clientOrderId)
  if (known) return repeated(known, command)
  const market = state.markets.get(command.symbol)
  if (!market) return { kind: 'REFUSED', code: 'UNKNOWN_MARKET' }
  if (market.status === 'PAUSED') return { kind: 'REFUSED', code: 'MARKET_PAUSED' }
  if (account.openOrders >= LIMITS.openOrdersPerAccount) return { kind: 'REFUSED', code: 'TOO_MANY_OPEN_ORDERS' }

  const order = new Order(account, market, { ...termsOf(command), sequence: now.sequence, createdAt: now.time })
  const shortage = shortageOf(account, market, order)
  if (shortage) return shortage

  state.change(account, order.paidAsset).hold(order.holdFor(order.remaining))
  account.orders.set(command.clientOrderId, order)
  out.push(accepted(order, now.sequence))
  const end = match(state, order, now.sequence, out)
  finish(state, order, end, now.sequence, out)
  order.firstStatus = order.status
  return { kind: 'PLACED', order: order.snapshot(), fills: order.fills(), replayed: false }
}

export function cancel(state: EngineState, command: CancelOrder, now: Moment, out: EngineEvent[]): Ack {
  const account = state.accounts.get(command.accountId)
  if (!account) return { kind: 'REFUSED', code: 'UNKNOWN_ACCOUNT' }
  const order = findOrder(state, account, command)
  if (!order?.isOpen) return { kind: 'REFUSED', code: 'ORDER_NOT_OPEN' }
  order.market.book.remove(order)
  order.market.touch(order.side, order.price!)
  cancelRemainder(state, order, 'REQUESTED', now.sequence, out)
  return { kind: 'CANCELLED', engineSequence: now.sequence, order: order.snapshot() }
}

function termsOf({ clientOrderId, side, type, timeInForce, price, quantity }: PlaceOrder) {
  return { clientOrderId, side, type, timeInForce, price, quantity }
}

function repeated(known: Order, command: PlaceOrder): Ack {
  if (!known.hasTermsOf(command)) return { kind: 'REFUSED', code: 'CLIENT_ORDER_ID_REUSED', orderId: known.id }
  return { kind: 'PLACED', order: known.firstSnapshot(), fills: known.fills(), replayed: true }
}

/** A market buy needs at least one lot at the best price; every other order needs all that it holds. */
function shortageOf(account: Account, market: Market, order: Order): Refusal | null {
  const asset = order.paidAsset
  const { available } = account.balance(asset)
  const spends = order.side === 'BUY' && order.price === null
  const best = spends ? market.book.bestPrice(opposite(order.side)) : null
  const required = best === null ? order.holdFor(order.remaining) : quoteAmount(market.instrument, best, 1)
  if (available >= required) return null
  return { kind: 'REFUSED', code: 'INSUFFICIENT_BALANCE', asset, required, available }
}

function match(state: EngineState, taker: Order, sequence: number, out: EngineEvent[]): MatchEnd {
  const { market, account } = taker
  const fills: FirstFill[] = []
  const spends = taker.side === 'BUY' && taker.price === null
  const affordable = spends
    ? (price: number) =>
        Math.floor(account.balance(taker.paidAsset).available / quoteAmount(market.instrument, price, 1))
    : null
  const end = market.book.match(taker, affordable, (maker, price, quantity) => {
    const fee = settle(state, { maker, taker, price, quantity, leg: fills.length }, sequence, out)
    fills.push({ price, quantity, fee })
    market.touch(maker.side, price)
    if (maker.remaining === 0) state.close(maker)
  })
  if (fills.length > 0) taker.firstFills = fills
  return end
}

/** Rests what may rest; what may not is cancelled. An order that met its own account's never rests: it would cross the book. */
function finish(state: EngineState, order: Order, end: MatchEnd, sequence: number, out: EngineEvent[]): void {
  if (end === 'FILLED') {
    state.close(order)
  } else if (end === 'NO_MATCH' && order.terms.timeInForce === 'GTC') {
    order.market.book.rest(order)
    order.market.touch(order.side, order.price!)
    state.openOrders.set(order.terms.sequence, order)
    order.account.openOrders++
  } else {
    cancelRemainder(state, order, end === 'SELF_TRADE' ? 'SELF_TRADE' : 'REMAINDER', sequence, out)
  }
}

function cancelRemainder(state: EngineState, order: Order, reason: CancelReason, sequence: number, out: EngineEvent[]) {
  state.change(order.account, order.paidAsset).release(order.holdFor(order.remaining))
  order.status = 'CANCELLED'
  state.close(order)
  out.push({
    type: 'ORDER_CANCELLED',
    engineSequence: sequence,
    orderId: order.id,
    clientOrderId: order.terms.clientOrderId,
    accountId: order.account.id,
    userId: order.account.userId,
    symbol: order.market.instrument.symbol,
    side: order.side,
    reason,
    filledQuantity: order.filled,
    cancelledQuantity: order.remaining,
  })
}

function findOrder(state: EngineState, account: Account, command: CancelOrder): Order | undefined {
  if (command.clientOrderId !== undefined) return account.orders.get(command.clientOrderId)
  const sequence = command.orderId === undefined ? null : parseOrderId(command.orderId)
  const order = sequence === null ? undefined : state.openOrders.get(sequence)
  return order?.account === account ? order : undefined
}

function accepted(order: Order, sequence: number): EngineEvent {
  const { clientOrderId, side, type, timeInForce, price, quantity } = order.terms
  return {
    type: 'ORDER_ACCEPTED',
    engineSequence: sequence,
    orderId: order.id,
    clientOrderId,
    accountId: order.account.id,
    userId: order.account.userId,
    symbol: order.market.instrument.symbol,
    side,
    orderType: type,
    timeInForce,
    price,
    quantity,
  }
}
