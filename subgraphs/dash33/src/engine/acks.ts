import type { Lots, MinorUnits, Ticks } from '../market/instruments.ts'
import type { MarketStatus, OrderStatus, OrderType, Side, TimeInForce } from './commands.ts'
import type { RecordingPass } from './events.ts'

/** An order as it stands after a command. */
export interface OrderSnapshot {
  readonly orderId: string
  readonly clientOrderId: string
  readonly accountId: string
  readonly symbol: string
  readonly side: Side
  readonly type: OrderType
  readonly timeInForce: TimeInForce
  readonly price: Ticks | null
  readonly quantity: Lots
  readonly filledQuantity: Lots
  /** What can still trade: 0 once the order is off the book. */
  readonly remainingQuantity: Lots
  /** Minor units of the quote asset, before fees. */
  readonly filledQuoteAmount: MinorUnits
  readonly status: OrderStatus
  /** Engine time, milliseconds since the Unix epoch. */
  readonly createdAt: number
  /** Of the command that placed it. */
  readonly engineSequence: number
}

/** An order's share of a trade that it took part in as it arrived. */
export interface FillSnapshot {
  readonly tradeId: string
  readonly price: Ticks
  readonly quantity: Lots
  /** Minor units of the asset received: base for a buy, quote for a sell. */
  readonly fee: MinorUnits
  readonly quoteAmount: MinorUnits
  readonly liquidity: 'TAKER'
}

export type InvalidOrderCode =
  | 'PRICE_REQUIRED'
  | 'PRICE_NOT_ALLOWED'
  | 'PRICE_NOT_POSITIVE'
  | 'QUANTITY_NOT_POSITIVE'
  | 'ORDER_TOO_LARGE'
  | 'TOO_MANY_OPEN_ORDERS'

/** Why a command was not carried out. Nothing changed, except that after `OUTCOME_UNKNOWN` it may have. */
export type Refusal =
  | { readonly kind: 'REFUSED'; readonly code: 'UNKNOWN_ACCOUNT' }
  | { readonly kind: 'REFUSED'; readonly code: 'UNKNOWN_MARKET' }
  | { readonly kind: 'REFUSED'; readonly code: 'UNKNOWN_ASSET' }
  | { readonly kind: 'REFUSED'; readonly code: 'INVALID_COMMAND'; readonly field: string }
  | { readonly kind: 'REFUSED'; readonly code: InvalidOrderCode }
  | {
      readonly kind: 'REFUSED'
      readonly code: 'INSUFFICIENT_BALANCE'
      readonly asset: string
      readonly required: MinorUnits
      readonly available: MinorUnits
    }
  | { readonly kind: 'REFUSED'; readonly code: 'CLIENT_ORDER_ID_REUSED'; readonly orderId: string }
  | { readonly kind: 'REFUSED'; readonly code: 'REFERENCE_REUSED' }
  | { readonly kind: 'REFUSED'; readonly code: 'ACCOUNT_ID_REUSED' }
  | { readonly kind: 'REFUSED'; readonly code: 'MARKET_PAUSED' }
  | { readonly kind: 'REFUSED'; readonly code: 'ORDER_NOT_OPEN' }
  /** A named maximum of the engine: `LIMITS`. */
  | { readonly kind: 'REFUSED'; readonly code: 'LIMIT_REACHED'; readonly limit: string }
  /** Surely not carried out. */
  | { readonly kind: 'REFUSED'; readonly code: 'ENGINE_UNAVAILABLE' }
  /** May have been carried out; sending the same key again is safe. */
  | { readonly kind: 'REFUSED'; readonly code: 'OUTCOME_UNKNOWN' }

/** The answer to one command. `replayed` marks an answer that was given before, to the same key. */
export type Ack =
  | {
      readonly kind: 'ACCOUNT_OPENED'
      readonly engineSequence: number
      readonly accountId: string
      readonly replayed: boolean
    }
  | {
      readonly kind: 'CREDITED'
      readonly engineSequence: number
      readonly accountId: string
      readonly asset: string
      /** The balance now. */
      readonly available: MinorUnits
      readonly held: MinorUnits
      readonly replayed: boolean
    }
  | {
      readonly kind: 'PLACED'
      readonly order: OrderSnapshot
      readonly fills: readonly FillSnapshot[]
      readonly replayed: boolean
    }
  | { readonly kind: 'CANCELLED'; readonly engineSequence: number; readonly order: OrderSnapshot }
  | {
      readonly kind: 'MARKET_STATUS_SET'
      readonly engineSequence: number
      readonly symbol: string
      readonly status: MarketStatus
      readonly recording: RecordingPass | null
    }
  | Refusal
