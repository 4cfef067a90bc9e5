import type { Lots, MinorUnits, Ticks } from '../market/instruments.ts'
import type { RiskRule } from '../risk/limits.ts'
import type { KillSwitchScope, MarketStatus, OrderStatus, OrderTerms } from './commands.ts'
import type { CancelReason, GroupRole, RecordingPass } from './events.ts'

/** An order as it stands after a command. */
export interface OrderSnapshot extends OrderTerms {
  readonly orderId: string
  readonly clientOrderId: string
  readonly accountId: string
  readonly filledQuantity: Lots
  /** What can still trade: 0 once the order is closed. */
  readonly remainingQuantity: Lots
  /** Minor units of the quote asset, before fees. */
  readonly filledQuoteAmount: MinorUnits
  readonly status: OrderStatus
  /** Why it closed before all of it traded. */
  readonly cancelReason: CancelReason | null
  /** The id of its OCO pair or bracket. */
  readonly groupId: string | null
  readonly role: GroupRole | null
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
  | 'STOP_PRICE_REQUIRED'
  | 'STOP_PRICE_NOT_ALLOWED'
  | 'TRAILING_DISTANCE_REQUIRED'
  | 'TRAILING_DISTANCE_NOT_ALLOWED'
  | 'DISPLAY_QUANTITY_NOT_ALLOWED'
  | 'POST_ONLY_NOT_ALLOWED'
  | 'TIME_IN_FORCE_NOT_ALLOWED'
  | 'EXPIRY_REQUIRED'
  | 'EXPIRY_NOT_ALLOWED'
  | 'EXPIRY_IN_THE_PAST'
  /** Its stop price is met already. */
  | 'WOULD_TRIGGER_AT_ONCE'
  | 'POST_ONLY_WOULD_TRADE'
  /** Of an OCO pair or a bracket: the limit and the stop are on the wrong sides of each other or of the entry. */
  | 'PRICES_OUT_OF_ORDER'
  /** An amendment that leaves nothing to trade, or changes what this order does not have. */
  | 'QUANTITY_BELOW_FILLED'
  | 'AMENDMENT_NOT_ALLOWED'
  /** MARKET, IOC and FOK orders do not wait for an uncross. */
  | 'NOT_IN_AUCTION'

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
  /** A rule of the account's profile or of the market; amounts in the rule's own unit. `headroom` is what it would still have allowed. */
  | {
      readonly kind: 'REFUSED'
      readonly code: 'RISK_LIMIT_EXCEEDED'
      readonly rule: RiskRule
      readonly limit: number
      readonly observed: number
      readonly headroom: number
    }
  | { readonly kind: 'REFUSED'; readonly code: 'KILL_SWITCH_ENGAGED'; readonly scope: KillSwitchScope }
  | { readonly kind: 'REFUSED'; readonly code: 'UNKNOWN_PROFILE' }
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
      /** The other orders of its OCO pair or bracket. */
      readonly linked: readonly OrderSnapshot[]
      readonly replayed: boolean
    }
  | {
      readonly kind: 'AMENDED'
      readonly engineSequence: number
      readonly order: OrderSnapshot
      /** What it traded at its new price. */
      readonly fills: readonly FillSnapshot[]
      readonly keptPriority: boolean
    }
  | { readonly kind: 'ALL_CANCELLED'; readonly engineSequence: number; readonly orderIds: readonly string[] }
  | { readonly kind: 'CANCEL_ALL_AFTER_SET'; readonly engineSequence: number; readonly at: number | null }
  /** A kill switch, market rules, risk limits, a risk profile or the fee schedule was set. */
  | { readonly kind: 'SETTING_CHANGED'; readonly engineSequence: number }
  | { readonly kind: 'TICKED'; readonly engineSequence: number }
  | { readonly kind: 'CANCELLED'; readonly engineSequence: number; readonly order: OrderSnapshot }
  | {
      readonly kind: 'MARKET_STATUS_SET'
      readonly engineSequence: number
      readonly symbol: string
      readonly status: MarketStatus
      readonly auctionEndsAt: number | null
      readonly recording: RecordingPass | null
    }
  | Refusal
