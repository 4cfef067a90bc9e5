/** Why the core carried out nothing. */
export const REFUSED = {
  KILL_SWITCH: 1,
  MARKET_PAUSED: 2,
  NOT_IN_AUCTION: 3,
  EXPIRY_IN_THE_PAST: 4,
  WOULD_TRIGGER_AT_ONCE: 5,
  PRICES_OUT_OF_ORDER: 6,
  ORDER_TOO_LARGE: 7,
  TOO_MANY_OPEN_ORDERS: 8,
  RISK_LIMIT: 9,
  POST_ONLY_WOULD_TRADE: 10,
  INSUFFICIENT_BALANCE: 11,
  ORDER_NOT_OPEN: 12,
  QUANTITY_BELOW_FILLED: 13,
  AMENDMENT_NOT_ALLOWED: 14,
} as const
export type RefusalCode = (typeof REFUSED)[keyof typeof REFUSED]

/** The rules that tell a limit; the order is that of `RISK_RULES` in `engine/words.ts`. */
export const RULE = {
  MARKET_MAX_QUANTITY: 0,
  MARKET_MIN_NOTIONAL: 1,
  PRICE_COLLAR: 2,
  MESSAGE_RATE: 3,
  MAX_ORDER_QUANTITY: 4,
  MAX_ORDER_NOTIONAL: 5,
  MAX_OPEN_ORDERS: 6,
  MAX_POSITION: 7,
  MAX_EXPOSURE: 8,
} as const

/** The last refusal, in fields that are written over: the core allocates nothing per command. */
export class LastRefusal {
  code: RefusalCode = REFUSED.ORDER_NOT_OPEN
  /** RISK_LIMIT: which one. KILL_SWITCH: whose. */
  detail = 0
  limit = 0
  observed = 0
  headroom = 0
  asset = 0
  required = 0
  available = 0

  /** @returns true, for the caller to pass on. */
  because(code: RefusalCode, detail = 0): true {
    this.code = code
    this.detail = detail
    return true
  }

  rule(rule: number, limit: number, observed: number, headroom: number): true {
    this.limit = limit
    this.observed = observed
    this.headroom = headroom
    return this.because(REFUSED.RISK_LIMIT, rule)
  }

  shortage(asset: number, required: number, available: number): true {
    this.asset = asset
    this.required = required
    this.available = available
    return this.because(REFUSED.INSUFFICIENT_BALANCE)
  }
}
