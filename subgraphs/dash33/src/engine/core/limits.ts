import { MARKET_MAKER_LIMITS, type RiskLimits, STANDARD_LIMITS } from '../../risk/limits.ts'

/** The numbers of the profiles that exist from the start. */
export const STANDARD = 0
export const MARKET_MAKER = 1

/** `RiskLimits` in numbers alone: Infinity where there is no limit. */
export interface NumericLimits {
  readonly maxOrderQuantity: number
  readonly maxOrderNotional: number
  readonly maxOpenOrders: number
  readonly maxPosition: number
  readonly maxExposure: number
  readonly maxMessagesPerSecond: number
}

/** Which limits hold for a profile in a market. */
export class AccountLimits {
  declare private readonly markets: number
  /** By profile: those of every market without its own, then each market's own or null. */
  private readonly own: { general: NumericLimits | null; markets: (NumericLimits | null)[] }[] = []
  /** By profile and market. */
  private effective: NumericLimits[] = []

  constructor(markets: number) {
    this.markets = markets
    this.set(STANDARD, -1, STANDARD_LIMITS)
    this.set(MARKET_MAKER, -1, MARKET_MAKER_LIMITS)
  }

  get profiles(): number {
    return this.own.length
  }

  /** Whether a profile bounds position or exposure in any market. */
  asksForSums(profile: number): boolean {
    const of = this.effective.slice(profile * this.markets, (profile + 1) * this.markets)
    return of.some(({ maxPosition, maxExposure }) => Math.min(maxPosition, maxExposure) < Number.POSITIVE_INFINITY)
  }

  of(profile: number, market: number): NumericLimits {
    return this.effective[profile * this.markets + market]!
  }

  /** @param profile one that exists, or the next number @param market -1: every market that has none of its own */
  set(profile: number, market: number, limits: RiskLimits): void {
    this.own[profile] ??= { general: null, markets: Array.from({ length: this.markets }, () => null) }
    const own = this.own[profile]
    if (market === -1) own.general = numeric(limits)
    else own.markets[market] = numeric(limits)
    const standard = this.own[STANDARD]!.general!
    this.effective = this.own.flatMap(({ general, markets }) => markets.map((each) => each ?? general ?? standard))
  }
}

function numeric(limits: RiskLimits): NumericLimits {
  const { maxOrderQuantity, maxOrderNotional, maxOpenOrders, maxPosition, maxExposure, maxMessagesPerSecond } = limits
  return {
    maxOrderQuantity: maxOrderQuantity ?? Number.POSITIVE_INFINITY,
    maxOrderNotional: maxOrderNotional ?? Number.POSITIVE_INFINITY,
    maxOpenOrders: maxOpenOrders ?? Number.POSITIVE_INFINITY,
    maxPosition: maxPosition ?? Number.POSITIVE_INFINITY,
    maxExposure: maxExposure ?? Number.POSITIVE_INFINITY,
    maxMessagesPerSecond: maxMessagesPerSecond ?? Number.POSITIVE_INFINITY,
  }
}
