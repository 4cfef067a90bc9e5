import type { Lots, MinorUnits, Ticks } from '../market/instruments.ts'

export type Side = 'BUY' | 'SELL'
export type OrderType = 'LIMIT' | 'MARKET'
export type TimeInForce = 'GTC' | 'IOC'
export type OrderStatus = 'OPEN' | 'PARTIALLY_FILLED' | 'FILLED' | 'CANCELLED'
export type MarketStatus = 'TRADING' | 'PAUSED'

/** Longest id, key, reference or name in a command: 64 characters of ASCII, as the graph's schema promises. */
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

export interface PlaceOrder {
  readonly kind: 'PLACE'
  readonly accountId: string
  readonly clientOrderId: string
  readonly symbol: string
  readonly side: Side
  readonly type: OrderType
  /** A market order is always `IOC`. */
  readonly timeInForce: TimeInForce
  /** Null for a market order, and only then. */
  readonly price: Ticks | null
  readonly quantity: Lots
}

/** Names the order by exactly one of its two keys. */
export interface CancelOrder {
  readonly kind: 'CANCEL'
  readonly accountId: string
  readonly orderId?: string
  readonly clientOrderId?: string
}

export interface SetMarketStatus {
  readonly kind: 'SET_MARKET_STATUS'
  readonly symbol: string
  readonly status: MarketStatus
  /** The recording that begins now, or null where there is none. */
  readonly recording: { readonly dataSet: string; readonly segment: string; readonly repetition: number } | null
}

/** What the engine can be told. It stamps sequence and time itself. */
export type Command = OpenAccount | Credit | PlaceOrder | CancelOrder | SetMarketStatus
