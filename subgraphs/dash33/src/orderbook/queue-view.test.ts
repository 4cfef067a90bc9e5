import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RestingChange } from '../engine/events.ts'
import { OrderQueues } from '../market-data/index.ts'
import { type QueueUpdate, QueueView, QueueWatchers } from './queue-view.ts'

const format = { price: (ticks: number) => `${ticks}`, quantity: (lots: number) => `${lots}` }
const symbol = 'BTC-USDT'

const opening = {
  symbol,
  engineSequence: 5,
  time: 50,
  status: 'TRADING' as const,
  recording: null,
  bids: [],
  asks: [],
  bidOrders: [{ orderId: 'ord_first', price: 90, quantity: 2, priority: 1 }],
  askOrders: [],
  auctionEndsAt: null,
}

const batch = (lastSequence: number, resting: readonly RestingChange[]) => ({
  firstSequence: lastSequence,
  lastSequence,
  time: lastSequence * 10,
  events: [],
  levels: [],
  resting,
  balances: [],
  holds: [],
})

interface Held {
  price: string
  quantity: string
  priority: number
}

/** Keeps the orders as a client does, and writes the checksum anew from the schema's words. */
class Reader {
  readonly bids = new Map<string, Held>()
  readonly asks = new Map<string, Held>()
  sequence = -1

  take(update: QueueUpdate): void {
    if (update.kind === 'SNAPSHOT') {
      this.bids.clear()
      this.asks.clear()
    } else expect(update.previousSequence).toBe(this.sequence)
    this.sequence = update.sequence
    for (const side of ['bids', 'asks'] as const) {
      for (const { action, orderId, ...held } of update[side]) {
        expect(this[side].has(orderId)).toBe(action !== 'ADD')
        if (action === 'REMOVE') this[side].delete(orderId)
        else this[side].set(orderId, held)
      }
    }
    const top = (side: 'bids' | 'asks') =>
      this.orders(side)
        .slice(0, 10)
        .map(([orderId, { price, quantity }]) => `${orderId}:${price}:${quantity}`)
    expect(
      crc32([...top('asks'), ...top('bids')].join(','))
        .toString(16)
        .padStart(8, '0'),
    ).toBe(update.checksum)
  }

  orders(side: 'bids' | 'asks') {
    const sign = side === 'bids' ? -1 : 1
    return [...this[side]].sort(([, a], [, b]) => sign * (Number(a.price) - Number(b.price)) || a.priority - b.priority)
  }
}

const step = fc.uniqueArray(
  fc.record({
    order: fc.nat({ max: 40 }),
    offset: fc.integer({ min: 1, max: 12 }),
    quantity: fc.integer({ min: 0, max: 3 }),
    keeps: fc.boolean(),
  }),
  { selector: ({ order }) => order, maxLength: 10 },
)

test('a reader of the snapshot and every delta holds the best orders, in the order in which they trade', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 25 }), (steps, depth) => {
      const queues = new OrderQueues(opening)
      const reader = new Reader()
      const view = new QueueView(depth, format, queues)
      reader.take(view.snapshot())
      queues.listen((changes) => {
        const update = view.advance(changes)
        if (update) reader.take(update)
      })
      const places = new Map<number, { price: number; priority: number }>()
      let priority = 10
      for (const [number, changes] of steps.entries()) {
        const resting = changes.map(({ order, offset, quantity, keeps }): RestingChange => {
          const side = order % 2 ? 'BUY' : 'SELL'
          const known = places.get(order)
          const place =
            keeps && known ? known : { price: side === 'BUY' ? 100 - offset : 100 + offset, priority: priority++ }
          places.set(order, place)
          return { symbol, side, orderId: `ord_${order}`, quantity, ...place }
        })
        queues.take(batch(6 + number, resting))
        const fresh = new QueueView(depth, format, queues).snapshot()
        for (const side of ['bids', 'asks'] as const)
          expect(reader.orders(side).map(([orderId]) => orderId)).toEqual(fresh[side].map(({ orderId }) => orderId))
        expect(view.snapshot()).toMatchObject({ bids: fresh.bids, asks: fresh.asks, checksum: fresh.checksum })
      }
    }),
  )
})

test('an order that comes and goes within a batch, one of another market, and what the opening holds make no step', () => {
  const queues = new OrderQueues(opening)
  const seen: number[] = []
  const view = new QueueView(5, format, queues)
  queues.listen((changes) => view.advance(changes) && seen.push(queues.sequence))
  const order = { symbol, side: 'BUY' as const, orderId: 'ord_x', price: 80, quantity: 0, priority: 9 }
  queues.take(batch(5, [{ ...order, quantity: 4 }]))
  queues.take(batch(6, [order]))
  queues.take(batch(7, [{ ...order, symbol: 'ETH-USDT', quantity: 1 }]))
  expect(seen).toEqual([])
  queues.take(batch(8, [{ ...order, quantity: 1 }]))
  expect(seen).toEqual([8])
  expect(view.snapshot().bids.map(({ orderId }) => orderId)).toEqual(['ord_first', 'ord_x'])
})

test('a reader that falls behind is given one fresh snapshot when it comes', async () => {
  const queues = new OrderQueues(opening)
  const watchers = new QueueWatchers(queues, format)
  const stream = watchers.watch(10)
  const reader = new Reader()
  for (let number = 6; number < 300; number++)
    queues.take(
      batch(number, [
        {
          symbol,
          side: 'SELL',
          orderId: `ord_${number % 7}`,
          price: 100 + (number % 5),
          quantity: 1,
          priority: number,
        },
      ]),
    )
  reader.take((await stream.next()).value!)
  expect(reader.sequence).toBe(299)
  queues.take(batch(300, [{ symbol, side: 'SELL', orderId: 'ord_new', price: 99, quantity: 1, priority: 300 }]))
  reader.take((await stream.next()).value!)
  expect(reader.orders('asks')[0]?.[0]).toBe('ord_new')
  await stream.return()
})
