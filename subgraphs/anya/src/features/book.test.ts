import { expect, test } from 'vitest'
import { BookSide } from './book.ts'

test('bids are best when high, asks when low, whatever the order of arrival', () => {
  const bids = new BookSide('BID')
  const asks = new BookSide('ASK')
  for (const price of [100, 102, 101]) {
    bids.set([price, price])
    asks.set([price, price])
  }
  expect([bids.bestPrice, bids.bestQuantity]).toEqual([102, 102])
  expect([asks.bestPrice, asks.bestQuantity]).toEqual([100, 100])
})

test('a quantity replaces the level, and zero removes it', () => {
  const bids = new BookSide('BID')
  bids.replace([
    [102, 5],
    [101, 7],
  ])
  bids.set([102, 0])
  bids.set([101, 3])
  bids.set([99, 0])
  expect([bids.bestPrice, bids.bestQuantity, bids.size]).toEqual([101, 3, 1])
})

test('depth adds up the best levels, or all there are', () => {
  const asks = new BookSide('ASK')
  asks.replace([
    [1, 10],
    [2, 20],
    [3, 30],
  ])
  expect([asks.depth(1), asks.depth(2), asks.depth(9)]).toEqual([10, 30, 60])
})
