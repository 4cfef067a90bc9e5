import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Levels } from '../market-data/index.ts'
import { bookChecksum, type PriceLevel } from './checksum.ts'
import { type BookUpdate, BookView } from './view.ts'

const format = { price: (ticks: number) => `${ticks}`, quantity: (lots: number) => `${lots}` }

/** What a client does with the updates it gets. */
class Reader {
  bids = new Map<string, string>()
  asks = new Map<string, string>()
  sequence = 0

  take(update: BookUpdate): void {
    if (update.kind === 'SNAPSHOT') {
      this.bids.clear()
      this.asks.clear()
    } else expect(update.previousSequence).toBe(this.sequence)
    for (const side of ['bids', 'asks'] as const) {
      for (const { price, quantity } of update[side]) {
        if (quantity === '0') this[side].delete(price)
        else this[side].set(price, quantity)
      }
    }
    this.sequence = update.sequence
    expect(bookChecksum(this.levels('bids'), this.levels('asks'))).toBe(update.checksum)
  }

  levels(side: 'bids' | 'asks'): PriceLevel[] {
    const sign = side === 'bids' ? -1 : 1
    return [...this[side]]
      .map(([price, quantity]) => ({ price, quantity }))
      .sort((a, b) => sign * (Number(a.price) - Number(b.price)))
  }
}

const change = fc.record({
  side: fc.constantFrom('bids' as const, 'asks' as const),
  offset: fc.integer({ min: 1, max: 30 }),
  quantity: fc.integer({ min: 0, max: 4 }),
})

const bookOf = (bids: [number, number][], asks: [number, number][]) => ({
  symbol: 'BTC-USDT',
  sequence: 7,
  time: 0,
  bids: new Levels('BUY', bids),
  asks: new Levels('SELL', asks),
})

test('a reader of the snapshot and every delta holds what a fresh snapshot shows', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uniqueArray(change, { selector: ({ side, offset }) => `${side} ${offset}`, maxLength: 12 }), {
        maxLength: 60,
      }),
      fc.integer({ min: 1, max: 25 }),
      (steps, depth) => {
        const book = bookOf([[99, 1]], [[101, 1]])
        const view = new BookView(depth, format, book)
        const reader = new Reader()
        reader.take(view.snapshot())
        for (const step of steps) {
          const changesOf = (name: 'bids' | 'asks') =>
            step
              .filter(({ side }) => side === name)
              .map(({ offset, quantity }) => book[name].set(name === 'bids' ? 100 - offset : 100 + offset, quantity))
          const changes = { bids: changesOf('bids'), asks: changesOf('asks') }
          book.sequence += 3
          const update = view.advance(changes)
          if (update) reader.take(update)
          const fresh = new BookView(depth, format, book).snapshot()
          expect(reader.levels('bids')).toEqual(fresh.bids)
          expect(reader.levels('asks')).toEqual(fresh.asks)
        }
      },
    ),
  )
})

test('a change below the view makes no step, and the next step still joins', () => {
  const book = bookOf(
    [
      [99, 1],
      [98, 1],
    ],
    [],
  )
  book.sequence = 1
  const view = new BookView(1, format, book)
  const below = { bids: [book.bids.set(98, 5)], asks: [] }
  book.sequence = 2
  expect(view.advance(below)).toBeNull()
  const best = { bids: [book.bids.set(99, 0)], asks: [] }
  book.sequence = 3
  expect(view.advance(best)).toMatchObject({
    kind: 'DELTA',
    previousSequence: 1,
    sequence: 3,
    bids: [
      { price: '99', quantity: '0' },
      { price: '98', quantity: '5' },
    ],
  })
})

test('a level that a batch touched and left as it was makes no step', () => {
  const book = bookOf([[99, 1]], [])
  const view = new BookView(5, format, book)
  book.sequence = 8
  expect(view.advance({ bids: [book.bids.set(99, 1)], asks: [] })).toBeNull()
})

test('the checksum is the CRC-32 of asks then bids', () => {
  const bids = [{ price: '99.50', quantity: '1.00' }]
  const asks = [
    { price: '100.50', quantity: '2.00' },
    { price: '101.00', quantity: '3.00' },
  ]
  // crc32(b'100.50:2.00,101.00:3.00,99.50:1.00') by Python's zlib.
  expect(bookChecksum(bids, asks)).toBe('f59112a7')
  expect(bookChecksum([], [])).toBe('00000000')
})
