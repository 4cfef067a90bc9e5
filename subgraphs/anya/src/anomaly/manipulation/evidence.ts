import { z } from 'zod'
import { BoundedMap, type OrderFlowEvent, type Placed, type Suspicion, type Traded } from './order-flow.ts'

/** Pieces of each kind that an alert keeps: a suspicion of quote stuffing has a hundred. */
const MAX_PIECES = 100
/** What is remembered of a market to be told as evidence. */
const ORDERS = 20_000
const TRADES = 5_000
/** Newest places of an order that its owner moves. */
const PLACES = 10

const side = z.enum(['BUY', 'SELL'])
/** Prices in ticks, quantities in lots, times in milliseconds. */
export const evidenceSchema = z.object({
  orders: z.array(
    z.object({
      orderId: z.string(),
      accountId: z.string(),
      side,
      price: z.number().nullable(),
      quantity: z.number(),
      placedAt: z.number(),
      closedAt: z.number().nullable(),
    }),
  ),
  trades: z.array(
    z.object({
      tradeId: z.string(),
      price: z.number(),
      quantity: z.number(),
      takerSide: side,
      makerAccountId: z.string(),
      takerAccountId: z.string(),
      executedAt: z.number(),
    }),
  ),
})

export type Evidence = z.infer<typeof evidenceSchema>

interface Stood {
  placed: Placed
  traded: number
  closedAt: number | null
}

/** Remembers the newest orders and trades of a market, so that a suspicion can be told with what it rests on. */
export class EvidenceRoom {
  /** Of each order the places where it stood, the newest last. */
  readonly #orders = new BoundedMap<string, readonly Stood[]>(ORDERS)
  readonly #trades = new BoundedMap<string, Traded>(TRADES)

  observe(event: OrderFlowEvent): void {
    if (event.type === 'ORDER_ACCEPTED') this.#place(event)
    else if (event.type === 'TRADE') this.#trade(event)
    else {
      const order = this.#orders.get(event.orderId)?.at(-1)
      if (order) order.closedAt = event.time
    }
  }

  #place(placed: Placed): void {
    const before = this.#orders.get(placed.orderId) ?? []
    const order = before.at(-1)
    // Made larger where it stands, it is the same order.
    if (order?.closedAt === null)
      order.placed = { ...placed, time: order.placed.time, quantity: order.traded + placed.quantity }
    else this.#orders.set(placed.orderId, [...before.slice(1 - PLACES), { placed, traded: 0, closedAt: null }])
  }

  #trade(event: Traded): void {
    this.#trades.set(event.tradeId, event)
    for (const { orderId } of [event.maker, event.taker]) {
      const order = this.#orders.get(orderId)?.at(-1)
      if (!order) continue
      order.traded += event.quantity
      // Filled, it is in the book no more; of an iceberg, as far as it shows.
      if (order.traded >= order.placed.quantity) order.closedAt = event.time
    }
  }

  of({ orderIds, tradeIds }: Pick<Suspicion, 'orderIds' | 'tradeIds'>): Evidence {
    return {
      orders: orderIds
        .flatMap((id) => this.#orders.get(id) ?? [])
        .slice(0, MAX_PIECES)
        .map(({ placed: { orderId, accountId, side, price, quantity, time }, closedAt }) => {
          return { orderId, accountId, side, price, quantity, placedAt: time, closedAt }
        }),
      trades: tradeIds.slice(0, MAX_PIECES).flatMap((id) => {
        const trade = this.#trades.get(id)
        if (!trade) return []
        const { tradeId, price, quantity, takerSide, maker, taker, time } = trade
        const parties = { makerAccountId: maker.accountId, takerAccountId: taker.accountId }
        return [{ tradeId, price, quantity, takerSide, ...parties, executedAt: time }]
      }),
    }
  }
}
