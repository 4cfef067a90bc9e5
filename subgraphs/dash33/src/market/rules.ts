import type { Lots, MinorUnits } from './instruments.ts'

/** What every order in a market must keep to, and when the market halts. Basis points: hundredths of a percent; 0 switches a rule off. */
export interface MarketRules {
  readonly maxQuantity: Lots
  /** Quote minor units; of a market order at the best opposite price. */
  readonly minNotional: MinorUnits
  /** How far through the reference price a limit may be aggressive: against fat fingers. */
  readonly collarBps: number
  /** How far a MARKET, STOP or TRAILING_STOP without a price of its own goes from the price that it met first. */
  readonly protectionBps: number
  /** How far from the reference a trade may be; where one would go beyond, the market goes into a halt auction. */
  readonly priceBandBps: number
  /** The reference is the last price when the current window of engine time began. */
  readonly bandWindowMs: number
  readonly haltAuctionMs: number
}

export const DEFAULT_RULES: MarketRules = {
  maxQuantity: 1_000_000_000,
  /** A cent: recorded books rest dust. */
  minNotional: 100_000,
  collarBps: 1_000,
  protectionBps: 500,
  priceBandBps: 1_000,
  bandWindowMs: 300_000,
  haltAuctionMs: 60_000,
}
