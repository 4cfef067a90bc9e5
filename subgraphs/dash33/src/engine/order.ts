import type { Level, Resting } from '../book/index.ts'
import { baseAmount, type Lots, type MinorUnits, quoteAmount, type Ticks } from '../market/instruments.ts'
import type { Account } from './account.ts'
import type { FillSnapshot, OrderSnapshot } from './acks.ts'
import type { OrderStatus, OrderType, PlaceOrder, Side, TimeInForce } from './commands.ts'
import type { Market } from './market.ts'
import { orderId, tradeId } from './order-id.ts'

/** A trade that the order made as it arrived; its leg is its position. */
export interface FirstFill {
  readonly price: Ticks
  readonly quantity: Lots
  readonly fee: MinorUnits
}

const NO_FILLS: readonly FirstFill[] = []

/** What an order is made of; the rest follows from what happens to it. */
export interface OrderTerms {
  readonly sequence: number
  readonly createdAt: number
  readonly clientOrderId: string
  readonly side: Side
  readonly type: OrderType
  readonly timeInForce: TimeInForce
  readonly price: Ticks | null
  readonly quantity: Lots
}

/** An order from its acceptance until its client order id is forgotten. */
export class Order implements Resting<Order> {
  readonly id: string
  readonly account: Account
  readonly market: Market
  readonly terms: OrderTerms
  readonly side: Side
  readonly price: Ticks | null
  readonly owner: number
  /** What has not traded; after a cancel, what never will. */
  remaining: Lots
  filledQuote: MinorUnits = 0
  status: OrderStatus = 'OPEN'
  /** How its first pass through the book left it: the answer that a repeated client order id gets. */
  firstStatus: OrderStatus = 'OPEN'
  firstFills: readonly FirstFill[] = NO_FILLS
  /** Its account no longer answers for it. */
  forgotten = false
  level: Level<Order> | null = null
  previous: Order | null = null
  next: Order | null = null

  constructor(account: Account, market: Market, terms: OrderTerms) {
    this.id = orderId(terms.sequence)
    this.account = account
    this.market = market
    this.terms = terms
    this.side = terms.side
    this.price = terms.price
    this.owner = account.index
    this.remaining = terms.quantity
  }

  get isOpen(): boolean {
    return this.status === 'OPEN' || this.status === 'PARTIALLY_FILLED'
  }

  get filled(): Lots {
    return this.terms.quantity - this.remaining
  }

  /** The asset that the order pays with. */
  get paidAsset(): string {
    const { baseAsset, quoteAsset } = this.market.instrument
    return this.side === 'BUY' ? quoteAsset : baseAsset
  }

  /** What is held for `quantity` of it. A market buy holds nothing: it spends what is available and never rests. */
  holdFor(quantity: Lots): MinorUnits {
    if (this.side === 'SELL') return baseAmount(this.market.instrument, quantity)
    return this.price === null ? 0 : quoteAmount(this.market.instrument, this.price, quantity)
  }

  hasTermsOf(command: PlaceOrder): boolean {
    return (
      this.market.instrument.symbol === command.symbol &&
      this.side === command.side &&
      this.terms.type === command.type &&
      this.terms.timeInForce === command.timeInForce &&
      this.price === command.price &&
      this.terms.quantity === command.quantity
    )
  }

  snapshot(): OrderSnapshot {
    return this.#snapshot(this.status, this.filled, this.filledQuote)
  }

  /** The order as its first answer showed it. */
  firstSnapshot(): OrderSnapshot {
    const quantity = this.firstFills.reduce((sum, fill) => sum + fill.quantity, 0)
    const quote = this.firstFills.reduce((sum, fill) => sum + this.#quoteOf(fill), 0)
    return this.#snapshot(this.firstStatus, quantity, quote)
  }

  fills(): FillSnapshot[] {
    return this.firstFills.map((fill, leg) => ({
      tradeId: tradeId(this.terms.sequence, leg),
      price: fill.price,
      quantity: fill.quantity,
      fee: fill.fee,
      quoteAmount: this.#quoteOf(fill),
      liquidity: 'TAKER',
    }))
  }

  #quoteOf(fill: FirstFill): MinorUnits {
    return quoteAmount(this.market.instrument, fill.price, fill.quantity)
  }

  #snapshot(status: OrderStatus, filledQuantity: Lots, filledQuoteAmount: MinorUnits): OrderSnapshot {
    const { sequence, createdAt, clientOrderId, side, type, timeInForce, price, quantity } = this.terms
    const open = status === 'OPEN' || status === 'PARTIALLY_FILLED'
    return {
      orderId: this.id,
      clientOrderId,
      accountId: this.account.id,
      symbol: this.market.instrument.symbol,
      side,
      type,
      timeInForce,
      price,
      quantity,
      filledQuantity,
      remainingQuantity: open ? quantity - filledQuantity : 0,
      filledQuoteAmount,
      status,
      createdAt,
      engineSequence: sequence,
    }
  }
}
