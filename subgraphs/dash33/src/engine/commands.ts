import type { Lots, MinorUnits, Ticks } from '../market/instruments.ts'
import type { MarketRules } from '../market/rules.ts'
import type { FeeTier, RiskLimits } from '../risk/limits.ts'

export type Side = 'BUY' | 'SELL'
export type OrderType = 'LIMIT' | 'MARKET' | 'STOP' | 'STOP_LIMIT' | 'TRAILING_STOP'
export type TimeInForce = 'GTC' | 'IOC' | 'FOK' | 'GTD' | 'DAY'
export type SelfTradePrevention = 'NONE' | 'EXPIRE_TAKER' | 'EXPIRE_MAKER' | 'EXPIRE_BOTH' | 'DECREMENT'
/** `PENDING`: accepted and not on the book: it waits for its trigger price or, as an exit of a bracket, for its entry. */
export type OrderStatus = 'PENDING' | 'OPEN' | 'PARTIALLY_FILLED' | 'FILLED' | 'CANCELLED' | 'EXPIRED'
/** `AUCTION`: orders gather without trading until the uncross. */
export type MarketStatus = 'TRADING' | 'PAUSED' | 'AUCTION'
export type KillSwitchScope = 'ACCOUNT' | 'MARKET' | 'VENUE'

/** Longest id, key, reference, name or reason in a command: 64 characters of ASCII, as the graph's schema promises. */
export const MAX_TEXT_LENGTH = 64

export interface OpenAccount {
  readonly kind: 'OPEN_ACCOUNT'
  readonly accountId: string
  readonly userId: string
}

export interface Credit {
  readonly kind: 'CREDIT'
  readonly accountId: string
  readonly asset: string
  readonly amount: MinorUnits
  /** Unique in the life of the exchange; a repeated one with equal content gives the first answer. */
  readonly reference: string
}

/** What an order asks for; `docs/TRADING.md` says what becomes of it. */
export interface OrderTerms {
  readonly symbol: string
  readonly side: Side
  readonly type: OrderType
  /** `IOC` or `FOK` for MARKET; of STOP and TRAILING_STOP always `GTC`, `GTD` or `DAY`, which limit the wait for the trigger. */
  readonly timeInForce: TimeInForce
  /** The limit of LIMIT and STOP_LIMIT; of the other types the worst price accepted, or null for the market's own protection. */
  readonly price: Ticks | null
  readonly quantity: Lots
  /** STOP and STOP_LIMIT only: the last price that triggers it. Of TRAILING_STOP: the activation price, or null for at once. */
  readonly stopPrice: Ticks | null
  /** TRAILING_STOP only, exactly one of the two: distance from the best price since activation. */
  readonly trailingAmount: Ticks | null
  /** Hundredths of a percent, 1 to 9,999. */
  readonly trailingBps: number | null
  /** Iceberg: how much of it is shown at a time; null for all. */
  readonly displayQuantity: Lots | null
  readonly postOnly: boolean
  readonly selfTradePrevention: SelfTradePrevention
  /** GTD only: milliseconds since the Unix epoch. */
  readonly expiresAt: number | null
}

export interface PlaceOrder extends OrderTerms {
  readonly kind: 'PLACE'
  readonly accountId: string
  readonly clientOrderId: string
}

/**
 * One cancels the other: a limit order and a stop of the same side and quantity, under one hold. The limit leg has the client order id
 * itself, the stop leg `<id>.stop`.
 */
export interface PlaceOco {
  readonly kind: 'PLACE_OCO'
  readonly accountId: string
  readonly clientOrderId: string
  readonly symbol: string
  readonly side: Side
  readonly quantity: Lots
  readonly price: Ticks
  readonly stopPrice: Ticks
  /** Null: the stop leg is a STOP, otherwise a STOP_LIMIT. */
  readonly stopLimitPrice: Ticks | null
  readonly postOnly: boolean
  readonly timeInForce: Extract<TimeInForce, 'GTC' | 'GTD' | 'DAY'>
  readonly expiresAt: number | null
  readonly selfTradePrevention: SelfTradePrevention
}

/**
 * An entry, and the two exits (one cancels the other) that close what it filled. The entry has the client order id itself, the exits
 * `<id>.profit` and `<id>.stop`.
 */
export interface PlaceBracket {
  readonly kind: 'PLACE_BRACKET'
  readonly accountId: string
  readonly clientOrderId: string
  /** LIMIT or MARKET. */
  readonly entry: OrderTerms
  readonly takeProfitPrice: Ticks
  readonly stopPrice: Ticks
  readonly stopLimitPrice: Ticks | null
}

/** Names the order by exactly one of its two keys. */
interface NamesOrder {
  readonly accountId: string
  readonly orderId?: string
  readonly clientOrderId?: string
}

export interface CancelOrder extends NamesOrder {
  readonly kind: 'CANCEL'
}

/** Sets what is not null. `quantity` is the whole order's, what has traded included. Sending it twice changes nothing more. */
export interface AmendOrder extends NamesOrder {
  readonly kind: 'AMEND'
  readonly quantity: Lots | null
  readonly price: Ticks | null
  readonly stopPrice: Ticks | null
}

/** Cancels every open or pending order of the account, in one market and on one side where they are named. */
export interface CancelAll {
  readonly kind: 'CANCEL_ALL'
  readonly accountId: string
  readonly symbol: string | null
  readonly side: Side | null
}

/** The dead man's switch: all orders of the account are cancelled after the delay unless it is set again. 0 disarms it. */
export interface CancelAllAfter {
  readonly kind: 'CANCEL_ALL_AFTER'
  readonly accountId: string
  readonly delayMs: number
}

/** Who changed a setting of the venue and why. */
interface Authorised {
  readonly changedBy: string
  readonly reason: string
}

/** Engaged: cancels every order in its scope and refuses new ones until it is released. */
export interface SetKillSwitch extends Authorised {
  readonly kind: 'SET_KILL_SWITCH'
  readonly scope: KillSwitchScope
  /** An account id, a symbol, or empty for the venue. */
  readonly target: string
  readonly engaged: boolean
}

export interface SetMarketStatus {
  readonly kind: 'SET_MARKET_STATUS'
  readonly symbol: string
  readonly status: MarketStatus
  /** AUCTION only: it ends by itself after this long; null: when the status is set again. */
  readonly auctionMs: number | null
  /** The recording that begins now, or null where there is none. */
  readonly recording: { readonly dataSet: string; readonly segment: string; readonly repetition: number } | null
}

export interface SetMarketRules extends Authorised {
  readonly kind: 'SET_MARKET_RULES'
  readonly symbol: string
  readonly rules: MarketRules
}

/** Limits of a named profile in one market, or (null) in every market that has none of its own in that profile. */
export interface SetRiskLimits extends Authorised {
  readonly kind: 'SET_RISK_LIMITS'
  readonly profile: string
  readonly symbol: string | null
  readonly limits: RiskLimits
}

export interface AssignRiskProfile extends Authorised {
  readonly kind: 'ASSIGN_RISK_PROFILE'
  readonly accountId: string
  readonly profile: string
}

export interface SetFeeSchedule extends Authorised {
  readonly kind: 'SET_FEE_SCHEDULE'
  /** By rising `minVolume`, the first 0. */
  readonly tiers: readonly FeeTier[]
}

/** Time has come: whatever is due by the batch's time happens. Sent by the engine's own thread, never by a client. */
export interface Tick {
  readonly kind: 'TICK'
}

/** What the engine can be told. It stamps sequence and time itself. */
export type Command =
  | OpenAccount
  | Credit
  | PlaceOrder
  | PlaceOco
  | PlaceBracket
  | CancelOrder
  | AmendOrder
  | CancelAll
  | CancelAllAfter
  | SetKillSwitch
  | SetMarketStatus
  | SetMarketRules
  | SetRiskLimits
  | AssignRiskProfile
  | SetFeeSchedule
  | Tick
