import type { OrderTerms } from './commands.ts'
import { PENDING } from './core/codes.ts'
import type { Sink } from './core/sink.ts'
import type { EngineEvent, HoldChange, TradeParty } from './events.ts'
import { orderId, tradeId } from './order-id.ts'
import { type FirstFill, NO_FILLS, OrderRecord } from './order-record.ts'
import type { EngineState } from './state.ts'
import { reasonOf, roleOf, SIDES, STATUS_REASONS } from './words.ts'

/** An order that a command is about to place: the core knows the rest. */
export interface Announced {
  readonly clientOrderId: string
  readonly terms: OrderTerms
}

/** Tells in words what the core does: its numbers become events, and each order keeps a record of its names. */
export class Narrator implements Sink {
  out: EngineEvent[] = []
  private readonly state: EngineState
  private announced: readonly Announced[] = []
  private acceptedCount = 0
  private groupId: string | null = null
  /** The orders that the command placed. */
  readonly placed: OrderRecord[] = []
  /** Ids of the orders that it cancelled. */
  cancelledIds: string[] = []
  /** What its own order traded as it arrived. */
  private ownFills: FirstFill[] = []
  private filling = -1
  /** Orders whose hold has changed, each once, and beside each the asset that it pays with. */
  private touchedHolds: OrderRecord[] = []
  private readonly heldAssets: number[] = []

  constructor(state: EngineState) {
    this.state = state
  }

  begin(out: EngineEvent[]): void {
    this.out = out
    this.placed.length = 0
    this.cancelledIds = []
    this.ownFills = []
    this.filling = -1
  }

  /** Names the orders that the next acceptances are of. */
  announce(orders: readonly Announced[]): void {
    this.announced = orders
    this.acceptedCount = 0
  }

  /** Collects the fills of an order that arrives anew. */
  follow(slot: number): void {
    this.filling = slot
  }

  fills(): readonly FirstFill[] {
    return this.ownFills.length === 0 ? NO_FILLS : this.ownFills
  }

  accepted(slot: number): void {
    const { exchange } = this.state
    const { orders, sequence, time } = exchange
    const { clientOrderId, terms } = this.announced[this.acceptedCount]!
    const number = orders.pool.id[slot]!
    const id = orderId(number)
    if (this.acceptedCount === 0) {
      this.filling = slot
      this.groupId = this.announced.length > 1 ? id : null
    }
    this.acceptedCount++
    const account = this.state.accountsByIndex[orders.pool.owner[slot]!]!
    const role = orders.role[slot]!
    const expiresAt = exchange.deadlines.timeOf(slot)
    const groupId = this.groupId
    const record = new OrderRecord({
      number,
      id,
      clientOrderId,
      account,
      terms,
      createdAt: time,
      sequence,
      expiresAt,
      groupId,
      role,
      slot,
    })
    this.state.records[slot] = record
    account.orders.set(clientOrderId, record)
    this.placed.push(record)
    if (orders.held[slot] !== 0) this.held(slot)
    exchange.digest.text(clientOrderId)
    this.out.push({
      type: 'ORDER_ACCEPTED',
      engineSequence: sequence,
      orderId: record.id,
      clientOrderId: record.clientOrderId,
      accountId: record.account.id,
      userId: record.account.userId,
      symbol: record.terms.symbol,
      side: record.terms.side,
      terms,
      expiresAt,
      status: orders.status[slot] === PENDING ? 'PENDING' : 'OPEN',
      groupId,
      role: roleOf(role),
    })
  }

  triggered(slot: number, lastPrice: number): void {
    const { orders, sequence } = this.state.exchange
    const record = this.record(slot)
    this.out.push({
      type: 'ORDER_TRIGGERED',
      engineSequence: sequence,
      orderId: record.id,
      clientOrderId: record.clientOrderId,
      accountId: record.account.id,
      userId: record.account.userId,
      symbol: record.terms.symbol,
      side: record.terms.side,
      lastPrice: lastPrice === 0 ? null : lastPrice,
      quantity: orders.quantity[slot]!,
      status: orders.status[slot] === PENDING ? 'PENDING' : 'OPEN',
    })
  }

  amended(slot: number, bySelfTrade: boolean, keptPriority: boolean): void {
    const { orders, sequence } = this.state.exchange
    const record = this.record(slot)
    if (record.price !== null) record.price = orders.pool.price[slot]!
    if (record.stopPrice !== null) record.stopPrice = orders.stop[slot]!
    this.out.push({
      type: 'ORDER_AMENDED',
      engineSequence: sequence,
      orderId: record.id,
      clientOrderId: record.clientOrderId,
      accountId: record.account.id,
      userId: record.account.userId,
      symbol: record.terms.symbol,
      side: record.terms.side,
      reason: bySelfTrade ? 'SELF_TRADE' : 'REQUESTED',
      price: record.price,
      stopPrice: record.stopPrice,
      quantity: orders.quantity[slot]!,
      remainingQuantity: orders.remaining[slot]!,
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
    const market = exchange.marketOf(maker)
    const quoteAmount = price * quantity * market.quoteUnits
    if (taker === this.filling && !auction) this.ownFills.push({ leg, price, quantity, fee: takerFee, quoteAmount })
    this.out.push({
      type: 'TRADE',
      engineSequence: sequence,
      leg,
      tradeId: tradeId(sequence, leg),
      symbol: this.state.marketsByIndex[market.index]!.symbol,
      price,
      quantity,
      baseAmount: quantity * market.baseUnits,
      quoteAmount,
      takerSide: SIDES[exchange.orders.pool.side[taker]!]!,
      auction,
      maker: this.party(maker, makerFee, makerBps),
      taker: this.party(taker, takerFee, takerBps),
    })
  }

  cancelled(slot: number, reason: number): void {
    const { orders, sequence } = this.state.exchange
    const record = this.record(slot)
    this.cancelledIds.push(record.id)
    const words = reasonOf(reason)!
    this.out.push({
      type: 'ORDER_CANCELLED',
      engineSequence: sequence,
      orderId: record.id,
      clientOrderId: record.clientOrderId,
      accountId: record.account.id,
      userId: record.account.userId,
      symbol: record.terms.symbol,
      side: record.terms.side,
      reason: words,
      status: words === 'EXPIRED' ? 'EXPIRED' : 'CANCELLED',
      filledQuantity: orders.filled(slot),
      cancelledQuantity: orders.remaining[slot]!,
    })
  }

  closed(slot: number): void {
    const record = this.record(slot)
    record.close(this.state.exchange.orders)
    this.state.closedOrders.remember(record)
  }

  held(slot: number): void {
    const record = this.record(slot)
    if (record.isHoldTouched) return
    record.isHoldTouched = true
    const market = this.state.exchange.marketOf(slot)
    this.touchedHolds.push(record)
    this.heldAssets.push(record.terms.side === 'BUY' ? market.quoteAsset : market.baseAsset)
  }

  statusSet(market: number, reason: number): void {
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
    this.out.push({
      type: 'AUCTION_UNCROSSED',
      engineSequence: this.state.exchange.sequence,
      symbol: this.state.marketsByIndex[market]!.symbol,
      price: price === 0 ? null : price,
      quantity,
    })
  }

  cancelAllAfter(account: number, at: number): void {
    this.out.push({
      type: 'CANCEL_ALL_AFTER_SET',
      engineSequence: this.state.exchange.sequence,
      accountId: this.state.accountsByIndex[account]!.id,
      at: at === 0 ? null : at,
    })
  }

  /** Each touched hold once, as it is now. */
  drainHolds(): HoldChange[] {
    const { exchange, assets } = this.state
    const changes = this.touchedHolds.map((record, i): HoldChange => {
      record.isHoldTouched = false
      return {
        orderId: record.id,
        accountId: record.account.id,
        asset: assets[this.heldAssets[i]!]!,
        held: record.last ? 0 : exchange.orders.held[record.slot]!,
      }
    })
    this.touchedHolds = []
    this.heldAssets.length = 0
    return changes
  }

  private record(slot: number): OrderRecord {
    const record = this.state.records[slot]
    if (!record) throw new Error(`slot ${slot} has no record`)
    return record
  }

  private party(slot: number, fee: number, feeBps: number): TradeParty {
    const { orders } = this.state.exchange
    const record = this.record(slot)
    const remaining = orders.remaining[slot]!
    return {
      accountId: record.account.id,
      userId: record.account.userId,
      orderId: record.id,
      clientOrderId: record.clientOrderId,
      side: record.terms.side,
      fee,
      feeBps,
      filledQuantity: orders.filled(slot),
      remainingQuantity: remaining,
      filledQuoteAmount: orders.filledQuote[slot]!,
      status: remaining === 0 ? 'FILLED' : 'PARTIALLY_FILLED',
    }
  }
}
