import { NONE } from '../book/index.ts'
import type { Lots, MinorUnits, Ticks } from '../market/instruments.ts'
import type { Account } from './account.ts'
import type { FillSnapshot, OrderSnapshot } from './acks.ts'
import type { OrderTerms } from './commands.ts'
import { OPEN, PARTIALLY_FILLED } from './core/codes.ts'
import type { Orders } from './core/orders.ts'
import { tradeId } from './order-id.ts'
import { ORDER_STATUSES, reasonOf, roleOf } from './words.ts'

/** What changes of an order. */
export interface Standing {
  readonly price: Ticks | null
  readonly stopPrice: Ticks | null
  readonly quantity: Lots
  readonly remaining: Lots
  readonly filledQuote: MinorUnits
  /** Numbers of the core. */
  readonly status: number
  readonly reason: number
}

/** A trade that the order made as it arrived. */
export interface FirstFill {
  /** Position among the trades of its command. */
  readonly leg: number
  readonly price: Ticks
  readonly quantity: Lots
  readonly fee: MinorUnits
  readonly quoteAmount: MinorUnits
}

export const NO_FILLS: readonly FirstFill[] = []

/** An order by its names, from its acceptance until its client order id is forgotten. */
export class OrderRecord {
  /** The core's. */
  readonly number: number
  readonly id: string
  readonly clientOrderId: string
  readonly account: Account
  /** As accepted: what a repeated client order id is compared with. */
  readonly terms: OrderTerms
  readonly createdAt: number
  readonly sequence: number
  readonly expiresAt: number | null
  readonly groupId: string | null
  readonly role: number
  /** Amended. */
  price: Ticks | null
  stopPrice: Ticks | null
  /** While it is open or pending; NONE once it is closed. */
  slot: number
  /** How it stood when it closed. */
  last: Standing | null = null
  /** How its own command left it: the answer that a repeated client order id gets. */
  first: Standing | null = null
  fills: readonly FirstFill[] = NO_FILLS
  /** What is held for it has changed since holds were last told. */
  isHoldTouched = false
  /** Its account no longer answers for it. */
  forgotten = false

  constructor(of: Pick<OrderRecord, keyof typeof RECORD_FIELDS>) {
    this.number = of.number
    this.id = of.id
    this.clientOrderId = of.clientOrderId
    this.account = of.account
    this.terms = of.terms
    this.createdAt = of.createdAt
    this.sequence = of.sequence
    this.expiresAt = of.expiresAt
    this.groupId = of.groupId
    this.role = of.role
    this.slot = of.slot
    this.price = of.terms.price
    this.stopPrice = of.terms.stopPrice
  }

  standing(orders: Orders): Standing {
    if (this.last) return this.last
    const { slot, price, stopPrice } = this
    return {
      price,
      stopPrice,
      quantity: orders.quantity[slot]!,
      remaining: orders.remaining[slot]!,
      filledQuote: orders.filledQuote[slot]!,
      status: orders.status[slot]!,
      reason: orders.reason[slot]!,
    }
  }

  /** It has closed: its slot will be another's. */
  close(orders: Orders): void {
    this.last = this.standing(orders)
    this.slot = NONE
  }

  snapshot(at: Standing): OrderSnapshot {
    const { terms } = this
    return {
      orderId: this.id,
      clientOrderId: this.clientOrderId,
      accountId: this.account.id,
      symbol: terms.symbol,
      side: terms.side,
      type: terms.type,
      timeInForce: terms.timeInForce,
      price: at.price,
      quantity: at.quantity,
      stopPrice: at.stopPrice,
      trailingAmount: terms.trailingAmount,
      trailingBps: terms.trailingBps,
      displayQuantity: terms.displayQuantity,
      postOnly: terms.postOnly,
      selfTradePrevention: terms.selfTradePrevention,
      expiresAt: terms.expiresAt,
      filledQuantity: at.quantity - at.remaining,
      remainingQuantity: at.status <= PARTIALLY_FILLED ? at.remaining : 0,
      filledQuoteAmount: at.filledQuote,
      status: ORDER_STATUSES[at.status] ?? ORDER_STATUSES[OPEN],
      cancelReason: reasonOf(at.reason),
      groupId: this.groupId,
      role: roleOf(this.role),
      createdAt: this.createdAt,
      engineSequence: this.sequence,
    }
  }

  fillSnapshots(sequence = this.sequence, fills = this.fills): FillSnapshot[] {
    return fills.map(({ leg, price, quantity, fee, quoteAmount }) => ({
      tradeId: tradeId(sequence, leg),
      price,
      quantity,
      fee,
      quoteAmount,
      liquidity: 'TAKER',
    }))
  }
}

const RECORD_FIELDS = {
  number: 0,
  id: 0,
  clientOrderId: 0,
  account: 0,
  terms: 0,
  createdAt: 0,
  sequence: 0,
  expiresAt: 0,
  groupId: 0,
  role: 0,
  slot: 0,
}
