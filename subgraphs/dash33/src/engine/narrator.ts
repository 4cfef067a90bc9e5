import { BUY, NONE } from '../book/index.ts'
import type { OrderTerms } from './commands.ts'
import { PENDING } from './core/codes.ts'
import { IntList } from './core/int-list.ts'
import type { Sink } from './core/sink.ts'
import { termsOf } from './drafting.ts'
import type { EngineEvent, HoldChange, OrderNames, TradeParty } from './events.ts'
import { codesOf, marketIn, sideIn } from './order-codes.ts'
import { orderId, tradeId } from './order-id.ts'
import type { AskedNumbers } from './order-records.ts'
import type { EngineState } from './state.ts'
import { reasonOf, roleOf, SIDES, STATUS_REASONS } from './words.ts'

/** An order that a command is about to place: the core knows the rest. */
export interface Announced extends OrderTerms {
  readonly clientOrderId: string
}

/** The same where nobody hears of it: its client order id is the one that was taken up last. */
export type Silent = AskedNumbers & { readonly clientOrderId: null }

/** Tells in words what the core does: its numbers become events, and each order keeps a record of its names. */
export class Narrator implements Sink {
  /** Whether anybody reads events, changes and answers; records are kept all the same. */
  isHeard = true
  private out: EngineEvent[] = []
  private readonly state: EngineState
  private announced: readonly (Announced | Silent)[] = []
  private groupId: string | null = null
  /** Records of the orders that the command placed. */
  readonly placed = new IntList()
  /** The core's ids of the orders that it cancelled. */
  readonly cancelledOrders: number[] = []
  /** What the command's own order traded as it arrived, where anybody reads it: see `OrderRecords.fills`. */
  ownFills: number[] = []
  private filling = -1
  /** Records of orders whose hold has changed, each once. */
  private readonly touchedHolds = new IntList()

  constructor(state: EngineState) {
    this.state = state
  }

  begin(out: EngineEvent[]): void {
    // Not anew for each command of a batch: whatever is stored in what lives long the collector is told of.
    if (this.out !== out) this.out = out
    this.placed.clear()
    if (this.cancelledOrders.length > 0) this.cancelledOrders.length = 0
    if (this.ownFills.length > 0) this.ownFills = []
    this.filling = -1
  }

  /** Names the orders that the next acceptances are of. */
  announce(orders: readonly (Announced | Silent)[]): void {
    this.announced = orders
  }

  /** Collects the fills of an order that arrives anew. */
  follow(slot: number): void {
    this.filling = slot
  }

  accepted(slot: number): void {
    const { exchange, records } = this.state
    const { orders, time } = exchange
    const announced = this.announced[this.placed.length]!
    const { clientOrderId } = announced
    const number = orders.pool.id[slot]!
    if (this.placed.length === 0) this.filling = slot
    const expiresAt = exchange.deadlines.timeOf(slot)
    const codes = codesOf(orders, slot)
    const account = orders.pool.owner[slot]!
    const { ids } = records
    if (clientOrderId !== null) ids.take(clientOrderId)
    const text = this.isHeard ? clientOrderId : null
    const record = records.add(number, account, text, codes, announced, time, expiresAt ?? 0, slot)
    this.placed.push(record)
    exchange.digest.spelled(ids.bytes, ids.start, ids.length)
    if (!this.isHeard || clientOrderId === null) return
    if (orders.held(slot) !== 0) this.held(slot)
    const names = this.names(record)
    if (this.placed.length === 1) this.groupId = this.announced.length > 1 ? names.orderId : null
    this.out.push({
      type: 'ORDER_ACCEPTED',
      engineSequence: exchange.sequence,
      orderId: names.orderId,
      clientOrderId: names.clientOrderId,
      accountId: names.accountId,
      userId: names.userId,
      symbol: names.symbol,
      side: names.side,
      terms: termsOf(announced),
      expiresAt,
      status: orders.status(slot) === PENDING ? 'PENDING' : 'OPEN',
      groupId: this.groupId,
      role: roleOf(orders.role(slot)),
    })
  }

  triggered(slot: number, lastPrice: number): void {
    const { orders, sequence } = this.state.exchange
    if (!this.isHeard) return
    const names = this.names(this.state.records.of(slot))
    this.out.push({
      type: 'ORDER_TRIGGERED',
      engineSequence: sequence,
      orderId: names.orderId,
      clientOrderId: names.clientOrderId,
      accountId: names.accountId,
      userId: names.userId,
      symbol: names.symbol,
      side: names.side,
      lastPrice: lastPrice === 0 ? null : lastPrice,
      quantity: orders.quantity(slot),
      status: orders.status(slot) === PENDING ? 'PENDING' : 'OPEN',
    })
  }

  amended(slot: number, bySelfTrade: boolean, keptPriority: boolean): void {
    const { orders, sequence } = this.state.exchange
    const { records } = this.state
    const record = records.of(slot)
    const was = records.standings.read(record, 'NOW')
    const price = was.price === 0 ? 0 : orders.pool.price[slot]!
    const stopPrice = was.stopPrice === 0 ? 0 : orders.stop(slot)
    records.standings.setPrices(record, 'NOW', price, stopPrice)
    if (!this.isHeard) return
    const names = this.names(record)
    this.out.push({
      type: 'ORDER_AMENDED',
      engineSequence: sequence,
      orderId: names.orderId,
      clientOrderId: names.clientOrderId,
      accountId: names.accountId,
      userId: names.userId,
      symbol: names.symbol,
      side: names.side,
      reason: bySelfTrade ? 'SELF_TRADE' : 'REQUESTED',
      price: price || null,
      stopPrice: stopPrice || null,
      quantity: orders.quantity(slot),
      remainingQuantity: orders.remaining(slot),
      keptPriority,
    })
  }

  trade(
    maker: number,
    taker: number,
    price: number,
    quantity: number,
    makerFee: number,
    takerFee: number,
    makerBps: number,
    takerBps: number,
    auction: boolean,
  ): void {
    const { exchange } = this.state
    const { sequence, legs: leg } = exchange
    const isOwn = taker === this.filling && !auction
    if (isOwn && this.placed.length > 0) this.state.records.addFill(this.placed.at(0), leg, price, quantity, takerFee)
    if (!this.isHeard) return
    if (isOwn) this.ownFills.push(leg, price, quantity, takerFee)
    const market = exchange.marketOf(maker)
    this.out.push({
      type: 'TRADE',
      engineSequence: sequence,
      leg,
      tradeId: tradeId(sequence, leg),
      symbol: this.state.marketsByIndex[market.index]!.symbol,
      price,
      quantity,
      baseAmount: quantity * market.baseUnits,
      quoteAmount: price * quantity * market.quoteUnits,
      takerSide: SIDES[exchange.orders.pool.side[taker]!]!,
      auction,
      maker: this.party(maker, makerFee, makerBps),
      taker: this.party(taker, takerFee, takerBps),
    })
  }

  cancelled(slot: number, reason: number): void {
    const { orders, sequence } = this.state.exchange
    if (!this.isHeard) return
    this.cancelledOrders.push(orders.pool.id[slot]!)
    const names = this.names(this.state.records.of(slot))
    const words = reasonOf(reason)!
    this.out.push({
      type: 'ORDER_CANCELLED',
      engineSequence: sequence,
      orderId: names.orderId,
      clientOrderId: names.clientOrderId,
      accountId: names.accountId,
      userId: names.userId,
      symbol: names.symbol,
      side: names.side,
      reason: words,
      status: words === 'EXPIRED' ? 'EXPIRED' : 'CANCELLED',
      filledQuantity: orders.filled(slot),
      cancelledQuantity: orders.remaining(slot),
    })
  }

  closed(slot: number): void {
    const { records, closedOrders, exchange } = this.state
    const record = records.of(slot)
    records.close(record, exchange.orders)
    closedOrders.remember(record)
  }

  held(slot: number): void {
    if (!this.isHeard) return
    const { records } = this.state
    const record = records.of(slot)
    if (!records.touchHold(record, true)) this.touchedHolds.push(record)
  }

  statusSet(market: number, reason: number): void {
    if (!this.isHeard) return
    const entry = this.state.marketsByIndex[market]!
    const { symbol, status, auctionEndsAt, recording } = entry
    this.out.push({
      type: 'MARKET_STATUS_SET',
      engineSequence: this.state.exchange.sequence,
      symbol,
      status,
      reason: STATUS_REASONS[reason]!,
      auctionEndsAt,
      recording,
    })
  }

  uncrossed(market: number, price: number, quantity: number): void {
    if (!this.isHeard) return
    this.out.push({
      type: 'AUCTION_UNCROSSED',
      engineSequence: this.state.exchange.sequence,
      symbol: this.state.marketsByIndex[market]!.symbol,
      price: price === 0 ? null : price,
      quantity,
    })
  }

  cancelAllAfter(account: number, at: number): void {
    if (!this.isHeard) return
    this.out.push({
      type: 'CANCEL_ALL_AFTER_SET',
      engineSequence: this.state.exchange.sequence,
      accountId: this.state.accountsByIndex[account]!.id,
      at: at === 0 ? null : at,
    })
  }

  /** Each touched hold once, as it is now. */
  drainHolds(): HoldChange[] {
    const { exchange, assets, records, accountsByIndex } = this.state
    const changes: HoldChange[] = []
    for (let i = 0; i < this.touchedHolds.length; i++) {
      const record = this.touchedHolds.at(i)
      records.touchHold(record, false)
      const codes = records.codes(record)
      const { quoteAsset, baseAsset } = exchange.markets[marketIn(codes)]!
      const slot = records.slot(record)
      changes.push({
        orderId: orderId(records.number(record)),
        accountId: accountsByIndex[records.account(record)]!.id,
        asset: assets[sideIn(codes) === BUY ? quoteAsset : baseAsset]!,
        held: slot === NONE ? 0 : exchange.orders.held(slot),
      })
    }
    this.touchedHolds.clear()
    return changes
  }

  private names(record: number): OrderNames {
    const { records, accountsByIndex, marketsByIndex } = this.state
    const codes = records.codes(record)
    const account = accountsByIndex[records.account(record)]!
    return {
      orderId: orderId(records.number(record)),
      clientOrderId: records.clientOrderId(record),
      accountId: account.id,
      userId: account.userId,
      symbol: marketsByIndex[marketIn(codes)]!.symbol,
      side: SIDES[sideIn(codes)]!,
    }
  }

  private party(slot: number, fee: number, feeBps: number): TradeParty {
    const { orders } = this.state.exchange
    const names = this.names(this.state.records.of(slot))
    const remaining = orders.remaining(slot)
    return {
      accountId: names.accountId,
      userId: names.userId,
      orderId: names.orderId,
      clientOrderId: names.clientOrderId,
      side: names.side,
      fee,
      feeBps,
      filledQuantity: orders.filled(slot),
      remainingQuantity: remaining,
      filledQuoteAmount: orders.filledQuote(slot),
      status: remaining === 0 ? 'FILLED' : 'PARTIALLY_FILLED',
    }
  }
}
