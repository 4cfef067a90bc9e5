/** What the resolvers of each type get as parent: engine numbers, written as decimals only where they leave. */
import type { OrderSnapshot } from './engine/acks.ts'
import type { Side } from './engine/commands.ts'
import type { Lots, MinorUnits, Ticks } from './market/instruments.ts'

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
    readonly status: 'TRADING' | 'PAUSED'
    readonly recording: { readonly dataSet: string; readonly segment: string; readonly pass: number } | null
  }
}

export interface OrderParent extends OrderSnapshot {}

export interface FillParent {
  readonly symbol: string
  readonly side: Side
  readonly tradeId: string
  readonly price: Ticks
  readonly quantity: Lots
  /** Of the asset received. */
  readonly fee: MinorUnits
  readonly liquidity: 'MAKER' | 'TAKER'
}

export interface TradeParent {
  readonly id: string
  readonly symbol: string
  readonly price: Ticks
  readonly quantity: Lots
  readonly takerSide: Side
  /** Milliseconds since the Unix epoch. */
  readonly executedAt: number
}

export interface BalanceParent {
  readonly asset: string
  /** Minor units. */
  readonly total: bigint
  readonly held: bigint
}

/** Quantity in lots, cost and profit in quote minor units. */
export interface PositionParent {
  readonly symbol: string
  readonly quantity: bigint
  readonly cost: bigint
  readonly realised: bigint
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

/** Prices in ticks, volume in lots, quote volume in minor units. */
export interface CandleParent {
  readonly symbol: string
  readonly openTime: number
  readonly open: Ticks
  readonly high: Ticks
  readonly low: Ticks
  readonly close: Ticks
  readonly volume: bigint
  readonly quoteVolume: bigint
  readonly tradeCount: number
}

export interface TickerParent {
  readonly symbol: string
  readonly sequence: number
  readonly bestBid: string | null
  readonly bestBidQuantity: string | null
  readonly bestAsk: string | null
  readonly bestAskQuantity: string | null
  readonly lastPrice: string | null
  readonly time: number
}

export interface OrderBookParent {
  readonly sequence: number
  readonly bids: readonly { readonly price: string; readonly quantity: string }[]
  readonly asks: readonly { readonly price: string; readonly quantity: string }[]
  readonly checksum: string
  readonly time: number
}

export interface OrderBookUpdateParent extends OrderBookParent {
  readonly symbol: string
  readonly kind: 'SNAPSHOT' | 'DELTA'
  readonly previousSequence: number | null
}
