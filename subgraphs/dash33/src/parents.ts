/** What the resolvers of each type get as parent: engine numbers, written as decimals only where they leave. */
import type { AuctionIndication } from '@opsource/bus/contracts'
import type { LiveCandle } from './candles/live.ts'
import type { OrderSnapshot } from './engine/acks.ts'
import type { MarketStatus, OrderStatus, OrderType, Side, TimeInForce } from './engine/commands.ts'
import type { CancelReason } from './engine/events.ts'
import type { Lots, MinorUnits, Ticks } from './market/instruments.ts'
import type { MarketRules } from './market/rules.ts'
import type { QueueUpdate } from './orderbook/queue-view.ts'
import type { BookUpdate } from './orderbook/view.ts'
import type { PaperFill } from './paper/settlement.ts'
import type { Drawdown } from './portfolio/drawdown.ts'
import type { Performance } from './portfolio/performance.ts'
import type { ReferenceBar, ReferenceInterval, ReferenceMarket } from './reference-markets/index.ts'
import type { StoredStrategy, StoredStrategyOrder } from './strategies/index.ts'

export interface UserParent {
  readonly id: string
}

export interface AssetParent {
  readonly code: string
}

/** `state` is what the engine has just answered; without it the market's stream is asked. */
export interface MarketParent {
  readonly symbol: string
  readonly state?: {
    readonly status: MarketStatus
    readonly recording: { readonly dataSet: string; readonly segment: string; readonly pass: number } | null
  }
}

export interface MarketRulesParent {
  readonly symbol: string
  readonly rules: MarketRules
}

export interface OrderParent extends OrderSnapshot {}

/** An order's share of a trade. */
export interface FillParent {
  /** Of the engine command that traded. */
  readonly sequence: number
  readonly orderId: string
  readonly symbol: string
  readonly side: Side
  readonly tradeId: string
  readonly price: Ticks
  readonly quantity: Lots
  readonly quoteAmount: MinorUnits
  /** Of the asset received. */
  readonly fee: MinorUnits
  readonly liquidity: 'MAKER' | 'TAKER'
  /** Engine time, milliseconds since the Unix epoch; null where only the stored trade knows. */
  readonly executedAt: number | null
}

/** A fill with its place in its account's log: `position` counts within the command. */
export interface FillUpdateParent {
  readonly sequence: number
  readonly position: number
  readonly fill: FillParent
}

/** What one event did to an order; null of what it does not tell. */
export interface OrderUpdateParent {
  readonly sequence: number
  /** Counts the account's changes within the command, from 0. */
  readonly position: number
  /** Engine time, milliseconds since the Unix epoch. */
  readonly time: number
  readonly kind: 'ACCEPTED' | 'TRIGGERED' | 'AMENDED' | 'TRADED' | 'CLOSED'
  readonly accountId: string
  readonly orderId: string
  readonly clientOrderId: string
  readonly symbol: string
  readonly side: Side
  readonly status: OrderStatus | null
  readonly price: Ticks | null
  readonly stopPrice: Ticks | null
  readonly quantity: Lots | null
  readonly filledQuantity: Lots | null
  readonly remainingQuantity: Lots | null
  readonly cancelReason: CancelReason | null
  readonly fill: FillParent | null
}

/** Milliseconds since the Unix epoch. */
export interface CancelOnDisconnectParent {
  readonly since: number
  /** When all orders are cancelled unless the subscription lives on. */
  readonly cancelsAt: number
}

/** Minor units. */
export interface LedgerEntryParent {
  /** Null of a credit. */
  readonly tradeId: string | null
  readonly engineSequence: number
  readonly posting: number
  readonly leg: number
  readonly asset: string
  readonly amount: bigint
}

export interface TradeParent {
  readonly id: string
  readonly symbol: string
  readonly price: Ticks
  readonly quantity: Lots
  readonly takerSide: Side
  readonly auction: boolean
  /** Milliseconds since the Unix epoch. */
  readonly executedAt: number
}

export interface BalanceParent {
  readonly asset: string
  /** Minor units. */
  readonly total: bigint
  readonly held: bigint
}

/** Quantity and base fees in base minor units, everything else in quote minor units; after fees. */
export interface PositionParent {
  readonly symbol: string
  readonly quantity: bigint
  /** By average cost. */
  readonly cost: bigint
  readonly realised: bigint
  readonly fifoRealised: bigint
  readonly baseFees: bigint
  readonly quoteFees: bigint
  /** Reads its open lots, oldest first, behind the given one; or newest first, ahead of it. */
  readonly readLots: (range: LotRange) => Promise<readonly PositionLotParent[]>
}

/** The place of a lot is the trade that it came by. */
export type LotPlace = readonly [engineSequence: number, leg: number]

export interface LotRange {
  readonly after: LotPlace | null
  readonly before: LotPlace | null
  readonly backward: boolean
  readonly limit: number
}

/** Quantity in base minor units, cost in quote minor units. */
export interface PositionLotParent {
  readonly symbol: string
  readonly engineSequence: number
  readonly leg: number
  /** Engine time, milliseconds since the Unix epoch. */
  readonly acquiredAt: number
  readonly quantity: bigint
  readonly cost: bigint
}

/** What a position cost and brought by one method, in quote minor units. */
export interface CostBasisParent {
  readonly symbol: string
  /** Base minor units. */
  readonly quantity: bigint
  readonly cost: bigint
  readonly realised: bigint
}

export interface PerformanceParent extends Performance {}

export interface DrawdownParent extends Drawdown {}

/** Minor units of USDT. */
export interface EquityPointParent {
  readonly time: number
  readonly equity: bigint
  readonly externalFlow: bigint
}

/** Balances and positions as of one watermark. */
export interface PortfolioParent {
  readonly accountId: string
  readonly watermark: number
  readonly balances: readonly BalanceParent[]
  readonly positions: readonly PositionParent[]
}

export interface PortfolioFillParent {
  readonly orderId: string
  readonly fill: FillParent
  readonly executedAt: number
}

export interface CandleParent extends LiveCandle {}

export interface TickerParent {
  readonly symbol: string
  readonly sequence: number
  readonly bestBid: string | null
  readonly bestBidQuantity: string | null
  readonly bestAsk: string | null
  readonly bestAskQuantity: string | null
  readonly lastPrice: string | null
  readonly open: string | null
  readonly high: string | null
  readonly low: string | null
  readonly change: string | null
  readonly changePercent: string | null
  readonly volume: string
  readonly quoteVolume: string
  readonly tradeCount: number
  readonly time: number
}

export interface OrderBookParent extends Omit<BookUpdate, 'kind' | 'previousSequence'> {}

export interface OrderBookUpdateParent extends BookUpdate {}

export interface RestingOrdersParent extends Omit<QueueUpdate, 'kind' | 'previousSequence'> {}

export interface RestingOrdersUpdateParent extends QueueUpdate {}

export interface AuctionParent extends AuctionIndication {
  readonly symbol: string
}

export interface StrategyParent extends StoredStrategy {}

export interface StrategyOrderParent extends StoredStrategyOrder {}

export interface PaperAccountParent {
  readonly id: string
  readonly clientAccountId: string
  readonly name: string
  /** Milliseconds since the Unix epoch. */
  readonly openedAt: number
  readonly closedAt: number | null
  /** Minor units of USDT. */
  readonly openingEquity: bigint
}

export interface PaperOrderParent {
  readonly id: string
  readonly accountId: string
  readonly clientOrderId: string
  readonly symbol: string
  readonly side: Side
  readonly type: OrderType
  readonly timeInForce: TimeInForce
  readonly postOnly: boolean
  readonly price: Ticks | null
  readonly quantity: Lots
  readonly filledQuantity: Lots
  /** Quote minor units, before fees. */
  readonly filledQuoteAmount: bigint
  readonly status: OrderStatus
  readonly cancelReason: CancelReason | null
  /** Minor units: of the quote asset for a buy, of the base asset for a sell. */
  readonly held: bigint
  /** Lots that were shown at its price before it and have not traded since. */
  readonly ahead: Lots
  /** The last command in the real book that it was placed against. */
  readonly engineSequence: number
  /** Milliseconds since the Unix epoch. */
  readonly createdAt: number
  readonly closedAt: number | null
}

export interface PaperFillParent extends PaperFill {
  readonly orderId: string
  readonly symbol: string
  readonly side: Side
}

export interface ReferenceMarketParent extends ReferenceMarket {}

export interface ReferenceHistoryParent {
  readonly interval: ReferenceInterval
  /** Milliseconds since the Unix epoch. */
  readonly from: number
  readonly to: number
  readonly count: number
}

export interface ReferenceBarParent extends ReferenceBar {}
