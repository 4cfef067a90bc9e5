/** The numbers that stand for words inside the core; `engine/words.ts` translates. Their order is part of the canonical state's form. */

export const LIMIT = 0
export const MARKET = 1
export const STOP_MARKET = 2
export const STOP_LIMIT = 3
export const TRAILING_STOP = 4

export const GTC = 0
export const IOC = 1
export const FOK = 2
export const GTD = 3
export const DAY = 4

export const TRADE_WITH_SELF = 0
export const EXPIRE_TAKER = 1
export const EXPIRE_MAKER = 2
export const EXPIRE_BOTH = 3
export const DECREMENT = 4

export const PENDING = 0
export const OPEN = 1
export const PARTIALLY_FILLED = 2
export const FILLED = 3
export const CANCELLED = 4
export const EXPIRED = 5

export const TRADING = 0
export const PAUSED = 1
export const AUCTION = 2

/** Why an order left before all of it traded. */
export const REASON = {
  REQUESTED: 0,
  MASS_CANCEL: 1,
  REMAINDER: 2,
  FILL_OR_KILL: 3,
  PROTECTION: 4,
  PRICE_BAND: 5,
  SELF_TRADE: 6,
  EXPIRED: 7,
  OTHER_LEG: 8,
  ENTRY_CLOSED: 9,
  REFUSED_AT_TRIGGER: 10,
  DEAD_MAN: 11,
  KILL_SWITCH: 12,
} as const
/** Of an order that has not been cancelled. */
export const NO_REASON = 255

/** Why a market's status changed. */
export const BY_OPERATOR = 0
export const BY_PRICE_BAND = 1
export const BY_AUCTION_END = 2

/** An order's part in a pair or a bracket. */
export const NO_ROLE = 0
export const OCO_LIMIT = 1
export const OCO_STOP = 2
export const ENTRY = 3
export const TAKE_PROFIT = 4
export const STOP_LOSS = 5

/** Facts about an order, as bits. */
export const POST_ONLY = 1
/** It ends by itself: it stands in the queue of deadlines. */
export const DEADLINE = 2
/** It has a partner, the other leg of its pair. */
export const PAIRED = 4
/** An exit whose entry is still open. */
export const WAITS_FOR_ENTRY = 8
/** An entry that has exits. */
export const HAS_EXITS = 16
/** Its quantity counts towards position and exposure. */
export const COUNTED = 32
/** It was triggered: it goes to the book as what it turns into. */
export const TRIGGERED = 64
/** Its price is its own, not the market's protection. */
export const PRICED = 128

export const SCOPE_ACCOUNT = 0
export const SCOPE_MARKET = 1
export const SCOPE_VENUE = 2
