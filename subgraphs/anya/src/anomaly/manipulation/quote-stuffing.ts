import { BoundedMap, type Closed, type OrderFlowEvent, type Placed, type Suspicion } from './order-flow.ts'

const WINDOW_MS = 1_000
/** Orders placed and withdrawn within the window: more than a strategy that quotes both sides at every tick needs. */
const ORDERS = 100
/** At most one trade for so many orders. */
const ORDERS_PER_TRADE = 50
const ACCOUNTS = 10_000
/** Orders and trades of an account within a window that are counted; a suspicion needs fewer. */
const REMEMBERED = 1_000

interface Burst {
  readonly placed: Map<string, Placed>
  withdrawn: { readonly placed: Placed; readonly at: number }[]
  trades: number[]
}

/** Floods of orders that are withdrawn as fast as they are placed and hardly ever trade (EU Delegated Regulation 2016/522, annex II). */
export class QuoteStuffing {
  readonly #accounts = new BoundedMap<string, Burst>(ACCOUNTS)

  /** @returns a suspicion where this event completes one */
  observe(event: OrderFlowEvent): Suspicion | undefined {
    if (event.type === 'TRADE') {
      for (const { accountId } of [event.maker, event.taker]) {
        const { trades } = this.#burstOf(accountId, event.symbol)
        trades.push(event.time)
        if (trades.length > REMEMBERED) trades.shift()
      }
      return undefined
    }
    const burst = this.#burstOf(event.accountId, event.symbol)
    if (event.type === 'ORDER_CANCELLED') return this.#withdraw(burst, event)
    burst.placed.set(event.orderId, event)
    if (burst.placed.size > REMEMBERED) burst.placed.delete(burst.placed.keys().next().value!)
    return undefined
  }

  #withdraw(burst: Burst, event: Closed): Suspicion | undefined {
    const placed = burst.placed.get(event.orderId)
    burst.placed.delete(event.orderId)
    if (!placed || event.reason !== 'REQUESTED' || event.time - placed.time > WINDOW_MS) return undefined
    burst.withdrawn.push({ placed, at: event.time })
    const within = ({ placed: { time } }: { placed: Placed }) => event.time - time <= WINDOW_MS
    burst.withdrawn = burst.withdrawn.filter(within).slice(-REMEMBERED)
    burst.trades = burst.trades.filter((time) => event.time - time <= WINDOW_MS).slice(-REMEMBERED)
    const orders = burst.withdrawn
    if (orders.length < ORDERS || burst.trades.length * ORDERS_PER_TRADE > orders.length) return undefined
    burst.withdrawn = []
    return {
      kind: 'QUOTE_STUFFING',
      symbol: event.symbol,
      accountIds: [event.accountId],
      from: orders[0]!.placed.time,
      to: event.time,
      orderIds: orders.map((order) => order.placed.orderId),
      tradeIds: [],
      explanation: `${orders.length} orders were placed and withdrawn within ${event.time - orders[0]!.placed.time} ms, with ${burst.trades.length} trades`,
    }
  }

  #burstOf(accountId: string, symbol: string): Burst {
    const key = `${accountId} ${symbol}`
    const burst = this.#accounts.get(key) ?? { placed: new Map(), withdrawn: [], trades: [] }
    this.#accounts.set(key, burst)
    return burst
  }
}
