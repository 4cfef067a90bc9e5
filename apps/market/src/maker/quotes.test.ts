import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Level, Lots, Ticks, View } from '../recording/index.ts'
import { EMPTY_VIEW, type Quote, type QuoteChange, Quotes, type Side } from './quotes.ts'

const level = (price: number, quantity: number): Level => ({ price: price as Ticks, quantity: quantity as Lots })
const view = (bids: [number, number][], asks: [number, number][]): View => ({
  bids: bids.map(([p, q]) => level(p, q)),
  asks: asks.map(([p, q]) => level(p, q)),
})
const named = (round: number) => (side: Side, price: Ticks) => `${round}:${side}:${price}`

/** An exchange of one client: it keeps what it is told, and refuses what contradicts itself. */
class Venue {
  readonly open = new Map<string, { quote: Quote; remaining: number }>()

  carryOut(change: QuoteChange) {
    for (const id of change.cancels) this.open.delete(id)
    return change.orders.map((quote) => {
      expect(this.open.has(quote.clientOrderId), 'a key is used once').toBe(false)
      for (const other of this.open.values()) {
        expect(other.quote.side === quote.side && other.quote.price === quote.price, 'one order for each level').toBe(
          false,
        )
      }
      this.open.set(quote.clientOrderId, { quote, remaining: quote.quantity })
      return { accepted: true as const, remaining: quote.quantity, touched: false }
    })
  }

  trade(pick: number, share: number): { side: Side; price: Ticks } | null {
    const order = [...this.open.values()][pick % Math.max(1, this.open.size)]
    if (order === undefined) return null
    order.remaining = Math.floor(order.remaining * share)
    if (order.remaining === 0) this.open.delete(order.quote.clientOrderId)
    return order.quote
  }

  view(): View {
    const side = (wanted: Side, sign: number) =>
      [...this.open.values()]
        .filter(({ quote }) => quote.side === wanted)
        .map(({ quote, remaining }) => level(quote.price, remaining))
        .sort((a, b) => sign * (a.price - b.price))
    return { bids: side('BUY', -1), asks: side('SELL', 1) }
  }
}

const levelsOf = (low: number, high: number, sign: number) =>
  fc
    .uniqueArray(fc.tuple(fc.integer({ min: low, max: high }), fc.integer({ min: 1, max: 1000 })), {
      selector: ([p]) => p,
      maxLength: 20,
    })
    .map((levels) => levels.sort(([a], [b]) => sign * (a - b)))
const views = fc.tuple(levelsOf(1, 40, -1), levelsOf(41, 80, 1)).map(([bids, asks]) => view(bids, asks))
const trades = fc.array(fc.record({ pick: fc.nat(40), share: fc.double({ min: 0, max: 0.99, noNaN: true }) }), {
  maxLength: 5,
})

test('whatever is recorded and whatever trades in between, after each change exactly the recorded view rests', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(views, trades), { minLength: 1, maxLength: 12 }), (rounds) => {
      const venue = new Venue()
      const quotes = new Quotes()
      for (const [round, [wanted, between]] of rounds.entries()) {
        const change = quotes.changeTo(wanted, named(round))
        quotes.settle(change, venue.carryOut(change))
        expect(venue.view()).toEqual(wanted)
        expect(quotes.view()).toEqual(wanted)
        for (const { pick, share } of between) {
          const traded = venue.trade(pick, share)
          if (traded !== null) quotes.touch(traded.side, traded.price)
        }
      }
    }),
    { numRuns: 200 },
  )
})

test('a level that did not change is left alone', () => {
  const quotes = new Quotes()
  const first = quotes.changeTo(view([[10, 5]], [[11, 7]]), named(1))
  quotes.settle(first, new Venue().carryOut(first))
  const second = quotes.changeTo(view([[10, 5]], [[11, 8]]), named(2))
  expect(second).toEqual({
    cancels: ['1:SELL:11'],
    orders: [{ clientOrderId: '2:SELL:11', side: 'SELL', price: 11, quantity: 8 }],
  })
})

test('an order that traded on arrival is placed anew with the next view, and so is one that was refused', () => {
  const quotes = new Quotes()
  const wanted = view([[10, 5]], [[11, 7]])
  quotes.settle(quotes.changeTo(wanted, named(1)), [
    { accepted: true, remaining: 2 as Lots, touched: true },
    { accepted: false },
  ])
  const again = quotes.changeTo(wanted, named(2))
  expect(again.cancels).toEqual(['1:BUY:10'])
  expect(again.orders.map((order) => order.clientOrderId)).toEqual(['2:BUY:10', '2:SELL:11'])
})

test('after missed trades everything is placed anew, and an empty view withdraws everything', () => {
  const quotes = new Quotes()
  const wanted = view([[10, 5]], [[11, 7]])
  const first = quotes.changeTo(wanted, named(1))
  quotes.settle(first, new Venue().carryOut(first))
  quotes.touchAll()
  expect(quotes.changeTo(wanted, named(2)).orders).toHaveLength(2)
  expect(quotes.changeTo(EMPTY_VIEW, named(3))).toEqual({ cancels: ['1:BUY:10', '1:SELL:11'], orders: [] })
})
