import type { Lots, MinorUnits, Ticks } from '../market/instruments.ts'
import type { MarketRules } from '../market/rules.ts'
import type { FeeTier, RiskLimits } from '../risk/limits.ts'
import type { KillSwitchScope, MarketStatus, OrderStatus, OrderTerms, Side } from './commands.ts'

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

/** What every event about an order names it by. */
export interface OrderNames {
  readonly orderId: string
  readonly clientOrderId: string
  readonly accountId: string
  readonly userId: string
  readonly symbol: string
  readonly side: Side
}

/** An order's part in an OCO pair or a bracket; all of a group share the group id, which is the first order's id. */
export type GroupRole = 'OCO_LIMIT' | 'OCO_STOP' | 'ENTRY' | 'TAKE_PROFIT' | 'STOP_LOSS'

/** Precedes the order's own trades; `quantity` is all that was ordered. */
export interface OrderAccepted extends OrderNames {
  readonly type: 'ORDER_ACCEPTED'
  readonly engineSequence: number
  readonly terms: OrderTerms
  /** When it ends by itself: of GTD its own, of DAY the next 00:00 UTC; null where never. Milliseconds since the Unix epoch. */
  readonly expiresAt: number | null
  readonly status: Extract<OrderStatus, 'PENDING' | 'OPEN'>
  readonly groupId: string | null
  readonly role: GroupRole | null
}

/** A pending order goes to the book: its stop price was met, or its entry closed. */
export interface OrderTriggered extends OrderNames {
  readonly type: 'ORDER_TRIGGERED'
  readonly engineSequence: number
  /** The last price that met it; null for an exit that its entry set free. */
  readonly lastPrice: Ticks | null
  /** What it goes to the book with: an exit's is what its entry filled. */
  readonly quantity: Lots
  readonly status: Extract<OrderStatus, 'PENDING' | 'OPEN'>
}

/** An order with other terms: by its owner, or (`SELF_TRADE`) decremented, both orders by the same quantity. */
export interface OrderAmended extends OrderNames {
  readonly type: 'ORDER_AMENDED'
  readonly engineSequence: number
  readonly reason: 'REQUESTED' | 'SELF_TRADE'
  readonly price: Ticks | null
  readonly stopPrice: Ticks | null
  readonly quantity: Lots
  readonly remainingQuantity: Lots
  /** Of a resting order: whether it kept its place in the queue. */
  readonly keptPriority: boolean
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
  /** The account's rate, hundredths of a percent. */
  readonly feeBps: number
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
  /** The maker's; in an auction the one price of the uncross, where the earlier order counts as maker. */
  readonly price: Ticks
  readonly quantity: Lots
  readonly baseAmount: MinorUnits
  readonly quoteAmount: MinorUnits
  readonly takerSide: Side
  readonly auction: boolean
  readonly maker: TradeParty
  readonly taker: TradeParty
}

/** Why an order left before all of it traded. */
export type CancelReason =
  | 'REQUESTED'
  /** By a mass cancel of its owner. */
  | 'MASS_CANCEL'
  /** Of an order that never rests. */
  | 'REMAINDER'
  /** A FOK that could not trade whole. */
  | 'FILL_OR_KILL'
  /** Its worst price was reached. */
  | 'PROTECTION'
  /** It would have traded beyond the market's band. */
  | 'PRICE_BAND'
  /** It met an order of its own account. */
  | 'SELF_TRADE'
  | 'EXPIRED'
  /** The other order of its pair traded, was triggered or left. */
  | 'OTHER_LEG'
  /** Its bracket's entry left without a trade. */
  | 'ENTRY_CLOSED'
  /** When it was triggered its account could not pay, or a rule refused it. */
  | 'REFUSED_AT_TRIGGER'
  | 'DEAD_MAN'
  | 'KILL_SWITCH'

export interface OrderCancelled extends OrderNames {
  readonly type: 'ORDER_CANCELLED'
  readonly engineSequence: number
  readonly reason: CancelReason
  readonly status: Extract<OrderStatus, 'CANCELLED' | 'EXPIRED'>
  readonly filledQuantity: Lots
  /** What will now never trade. */
  readonly cancelledQuantity: Lots
}

/** `PRICE_BAND`: by the market itself; `AUCTION_ENDED`: its time had come. */
export type MarketStatusReason = 'OPERATOR' | 'PRICE_BAND' | 'AUCTION_ENDED'

export interface MarketStatusSet {
  readonly type: 'MARKET_STATUS_SET'
  readonly engineSequence: number
  readonly symbol: string
  readonly status: MarketStatus
  readonly reason: MarketStatusReason
  /** When an auction ends by itself; milliseconds since the Unix epoch. */
  readonly auctionEndsAt: number | null
  readonly recording: RecordingPass | null
}

/** Follows the auction's trades. */
export interface AuctionUncrossed {
  readonly type: 'AUCTION_UNCROSSED'
  readonly engineSequence: number
  readonly symbol: string
  /** Null where nothing crossed. */
  readonly price: Ticks | null
  readonly quantity: Lots
}

/** A setting of the venue, changed by someone for a reason. */
interface Audited {
  readonly engineSequence: number
  readonly changedBy: string
  readonly reason: string
}

export interface KillSwitchSet extends Audited {
  readonly type: 'KILL_SWITCH_SET'
  readonly scope: KillSwitchScope
  readonly target: string
  readonly engaged: boolean
}

export interface MarketRulesSet extends Audited {
  readonly type: 'MARKET_RULES_SET'
  readonly symbol: string
  readonly before: MarketRules
  readonly rules: MarketRules
}

export interface RiskLimitsSet extends Audited {
  readonly type: 'RISK_LIMITS_SET'
  readonly profile: string
  readonly symbol: string | null
  readonly before: RiskLimits | null
  readonly limits: RiskLimits
}

export interface RiskProfileAssigned extends Audited {
  readonly type: 'RISK_PROFILE_ASSIGNED'
  readonly accountId: string
  readonly before: string
  readonly profile: string
}

export interface FeeScheduleSet extends Audited {
  readonly type: 'FEE_SCHEDULE_SET'
  readonly before: readonly FeeTier[]
  readonly tiers: readonly FeeTier[]
}

export interface CancelAllAfterSet {
  readonly type: 'CANCEL_ALL_AFTER_SET'
  readonly engineSequence: number
  readonly accountId: string
  /** Null: disarmed. Milliseconds since the Unix epoch. */
  readonly at: number | null
}

export type EngineEvent =
  | AccountOpened
  | Credited
  | OrderAccepted
  | OrderTriggered
  | OrderAmended
  | Trade
  | OrderCancelled
  | MarketStatusSet
  | AuctionUncrossed
  | KillSwitchSet
  | MarketRulesSet
  | RiskLimitsSet
  | RiskProfileAssigned
  | FeeScheduleSet
  | CancelAllAfterSet

/** A price level as the batch leaves it; quantity 0 means that it is gone. What icebergs hide is not in it. */
export interface LevelChange {
  readonly symbol: string
  readonly side: Side
  readonly price: Ticks
  readonly quantity: Lots
}

/** An order on the book as the batch leaves it; quantity (what it shows) 0 means that it is gone. */
export interface RestingChange {
  readonly symbol: string
  readonly side: Side
  readonly orderId: string
  readonly price: Ticks
  readonly quantity: Lots
  /** Rises with each time that an order takes a place at the end of a queue: of two at one price the lower comes first. */
  readonly priority: number
}

/** A balance as the batch leaves it. */
export interface BalanceChange {
  readonly accountId: string
  readonly asset: string
  readonly available: MinorUnits
  readonly held: MinorUnits
}

/**
 * What is held for an order as the batch leaves it: 0 once nothing is, at the latest when it is closed. The one hold of an OCO pair is
 * told with one of its two orders, and told with the other if it moves there. Of one balance, all that is held is the sum of these.
 */
export interface HoldChange {
  readonly orderId: string
  readonly accountId: string
  readonly asset: string
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
  /** Each touched order on the book once. */
  readonly resting: readonly RestingChange[]
  /** Each touched balance once. */
  readonly balances: readonly BalanceChange[]
  /** Each touched hold once, in any order; one that came and went within the batch may be left out. */
  readonly holds: readonly HoldChange[]
}
