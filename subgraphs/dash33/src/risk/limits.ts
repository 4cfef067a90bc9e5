import type { Lots, MinorUnits } from '../market/instruments.ts'

/** What an account may do in one market. Null: no limit of that kind. */
export interface RiskLimits {
  readonly maxOrderQuantity: Lots | null
  /** Quote minor units of one order. */
  readonly maxOrderNotional: MinorUnits | null
  /** Open and pending orders in the market. */
  readonly maxOpenOrders: number | null
  /** Base asset held, with what open buys may add. */
  readonly maxPosition: Lots | null
  /** Quote minor units: all open orders of the market and, when buying, what is held of the base asset at the last price. */
  readonly maxExposure: MinorUnits | null
  /** Orders and amendments in one second of engine time, over all markets. Cancels are never refused. */
  readonly maxMessagesPerSecond: number | null
}

/** Each limit's name in a refusal. */
export type RiskRule =
  | 'MAX_ORDER_QUANTITY'
  | 'MAX_ORDER_NOTIONAL'
  | 'MAX_OPEN_ORDERS'
  | 'MAX_POSITION'
  | 'MAX_EXPOSURE'
  | 'MESSAGE_RATE'
  /** Of the market's rules. */
  | 'MARKET_MAX_QUANTITY'
  | 'MARKET_MIN_NOTIONAL'
  | 'PRICE_COLLAR'

/** Fees from a 30-day volume on, in hundredths of a percent of what is received. */
export interface FeeTier {
  /** Quote minor units traded in the last 30 UTC days, today included. */
  readonly minVolume: MinorUnits
  readonly makerBps: number
  readonly takerBps: number
}

export const STANDARD_PROFILE = 'standard'
export const MARKET_MAKER_PROFILE = 'market-maker'

/** Every account's, until another profile is assigned. */
export const STANDARD_LIMITS: RiskLimits = {
  maxOrderQuantity: null,
  /** 10 million USDT. */
  maxOrderNotional: 100_000_000_000_000,
  maxOpenOrders: 10_000,
  maxPosition: null,
  maxExposure: null,
  maxMessagesPerSecond: 10_000,
}

/** A maker mirrors every level of the market. */
export const MARKET_MAKER_LIMITS: RiskLimits = {
  ...STANDARD_LIMITS,
  maxOpenOrders: 50_000,
  maxMessagesPerSecond: 50_000,
}

export const FEE_TIERS: readonly FeeTier[] = [
  { minVolume: 0, makerBps: 2, takerBps: 5 },
  { minVolume: 10_000_000_000_000, makerBps: 1, takerBps: 4 },
  { minVolume: 100_000_000_000_000, makerBps: 0, takerBps: 3 },
]
