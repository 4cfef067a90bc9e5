import type { Lots, MinorUnits, Ticks } from '../market/instruments.ts'
import type { MarketStatus, OrderStatus, OrderType, Side, TimeInForce } from './commands.ts'

/** A recording with the number of the pass over its data set: 1 the first time on this exchange, then 2, 3, … */
export interface RecordingPass {
  readonly dataSet: string
  readonly segment: string
  readonly pass: number
}

export interface AccountOpened {
  readonly type: 'ACCOUNT_OPENED'
  readonly engineSequence: number
  readonly accountId: string
  readonly userId: string
}

export interface Credited {
  readonly type: 'CREDITED'
  readonly engineSequence: number
  readonly accountId: string
  readonly userId: string
  readonly asset: string
  readonly amount: MinorUnits
  readonly reference: string
}

/** Precedes the order's own trades; `quantity` is all that was ordered. */
export interface OrderAccepted {
  readonly type: 'ORDER_ACCEPTED'
  readonly engineSequence: number
  readonly orderId: string
  readonly clientOrderId: string
  readonly accountId: string
  readonly userId: string
  readonly symbol: string
  readonly side: Side
  readonly orderType: OrderType
  readonly timeInForce: TimeInForce
  readonly price: Ticks | null
  readonly quantity: Lots
}

/** One order's side of a trade, with the order as the trade leaves it. */
export interface TradeParty {
  readonly accountId: string
  readonly userId: string
  readonly orderId: string
  readonly clientOrderId: string
  readonly side: Side
  /** Minor units of the asset received: base for the buyer, quote for the seller. */
  readonly fee: MinorUnits
  readonly filledQuantity: Lots
  readonly remainingQuantity: Lots
  readonly filledQuoteAmount: MinorUnits
  readonly status: Extract<OrderStatus, 'PARTIALLY_FILLED' | 'FILLED'>
}

export interface Trade {
  readonly type: 'TRADE'
  readonly engineSequence: number
  /** Position among the trades of its command, from 0. */
  readonly leg: number
  readonly tradeId: string
  readonly symbol: string
  /** The maker's. */
  readonly price: Ticks
  readonly quantity: Lots
  readonly baseAmount: MinorUnits
  readonly quoteAmount: MinorUnits
  readonly takerSide: Side
  readonly maker: TradeParty
  readonly taker: TradeParty
}

/** `REMAINDER`: of an order that never rests; `SELF_TRADE`: the rest of an order that would have met one of its own account. */
export type CancelReason = 'REQUESTED' | 'REMAINDER' | 'SELF_TRADE'

export interface OrderCancelled {
  readonly type: 'ORDER_CANCELLED'
  readonly engineSequence: number
  readonly orderId: string
  readonly clientOrderId: string
  readonly accountId: string
  readonly userId: string
  readonly symbol: string
  readonly side: Side
  readonly reason: CancelReason
  readonly filledQuantity: Lots
  /** What will now never trade. */
  readonly cancelledQuantity: Lots
}

export interface MarketStatusSet {
  readonly type: 'MARKET_STATUS_SET'
  readonly engineSequence: number
  readonly symbol: string
  readonly status: MarketStatus
  readonly recording: RecordingPass | null
}

export type EngineEvent = AccountOpened | Credited | OrderAccepted | Trade | OrderCancelled | MarketStatusSet

/** A price level as the batch leaves it; quantity 0 means that it is gone. */
export interface LevelChange {
  readonly symbol: string
  readonly side: Side
  readonly price: Ticks
  readonly quantity: Lots
}

/** A balance as the batch leaves it. */
export interface BalanceChange {
  readonly accountId: string
  readonly asset: string
  readonly available: MinorUnits
  readonly held: MinorUnits
}

/** Everything that one journaled batch changed, handed out after its commit, in order, once per process life. */
export interface EngineBatch {
  readonly firstSequence: number
  readonly lastSequence: number
  /** Engine time of all of it, milliseconds since the Unix epoch; never runs backwards. */
  readonly time: number
  /** In the order in which they happened. Empty where every command was refused. */
  readonly events: readonly EngineEvent[]
  /** Each touched level once. */
  readonly levels: readonly LevelChange[]
  /** Each touched balance once. */
  readonly balances: readonly BalanceChange[]
}
