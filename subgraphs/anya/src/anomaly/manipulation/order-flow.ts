export type Side = 'BUY' | 'SELL'

interface OrderNames {
  /** Engine time, milliseconds since the epoch; never runs backwards. */
  readonly time: number
  readonly symbol: string
  readonly orderId: string
  readonly accountId: string
  readonly side: Side
}

export interface Placed extends OrderNames {
  readonly type: 'ORDER_ACCEPTED'
  /** In ticks; null for an order without a limit. */
  readonly price: number | null
  /** In lots. */
  readonly quantity: number
}

/** What its owner made of an order that rests. */
export interface Amended extends OrderNames {
  readonly type: 'ORDER_AMENDED'
  readonly price: number | null
  /** What is left, in lots. */
  readonly quantity: number
}

export interface Closed extends OrderNames {
  readonly type: 'ORDER_CANCELLED'
  /** By the owner's will, or by a rule or the clock. */
  readonly reason: 'REQUESTED' | 'OTHER'
}

export interface TradeParty {
  readonly accountId: string
  readonly userId: string
  readonly orderId: string
}

export interface Traded {
  readonly type: 'TRADE'
  readonly time: number
  readonly symbol: string
  readonly tradeId: string
  /** In ticks. */
  readonly price: number
  /** In lots. */
  readonly quantity: number
  readonly takerSide: Side
  readonly maker: TradeParty
  readonly taker: TradeParty
}

/** What the exchange's engine tells of orders, as far as manipulation shows in it. */
export type OrderFlowEvent = Placed | Closed | Traded

export type ManipulationKind = 'SPOOFING' | 'LAYERING' | 'WASH_TRADING' | 'QUOTE_STUFFING'

/** A suspicion with what it rests on; whether it was meant is for people to judge. */
export interface Suspicion {
  readonly kind: ManipulationKind
  readonly symbol: string
  readonly accountIds: readonly string[]
  /** From the first piece of evidence to the last; milliseconds since the epoch. */
  readonly from: number
  readonly to: number
  readonly orderIds: readonly string[]
  readonly tradeIds: readonly string[]
  readonly explanation: string
}

export const sideOf = (trade: Traded, party: 'maker' | 'taker'): Side =>
  party === 'taker' ? trade.takerSide : opposite(trade.takerSide)

export const opposite = (side: Side): Side => (side === 'BUY' ? 'SELL' : 'BUY')

/** A map that forgets what was set longest ago where it is full. */
export class BoundedMap<K, V> {
  readonly #entries = new Map<K, V>()
  readonly #capacity: number

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get(key: K): V | undefined {
    return this.#entries.get(key)
  }

  set(key: K, value: V): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size > this.#capacity) this.#entries.delete(this.#entries.keys().next().value!)
  }

  delete(key: K): void {
    this.#entries.delete(key)
  }
}
