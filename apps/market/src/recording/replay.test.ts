import { expect, test } from 'vitest'
import { Instrument } from './instrument.ts'
import type { RecordedDiff, RecordedEvent, RecordedTrade } from './line.ts'
import { Replay } from './replay.ts'

const btc = new Instrument('BTC-USDT', 'BTC', 'USDT', '0.01', '0.00001')
const diff = (
  time: number,
  first: number,
  last: number,
  bids: [string, string][] = [],
  asks: [string, string][] = [],
): RecordedDiff => ({
  kind: 'diff',
  time,
  firstUpdateId: first,
  lastUpdateId: last,
  bids,
  asks,
})
const trade = (time: number, tradeId: number): RecordedTrade => ({
  kind: 'trade',
  time,
  tradeId,
  price: '100.00',
  quantity: '0.1',
  takerSide: 'SELL',
})
const snapshot = (lastUpdateId: number): RecordedEvent => ({
  kind: 'snapshot',
  lastUpdateId,
  bids: [['100.00', '1.0']],
  asks: [['100.01', '2.0']],
})

function replay(events: readonly RecordedEvent[], depth = 20) {
  const market = new Replay(btc, depth)
  const steps = [...events.flatMap((event) => market.take(event, 'a_file')), ...market.end()]
  return { steps, counts: market.counts }
}

test('diffs before the snapshot are kept, and those that it contains are dropped', () => {
  const { steps, counts } = replay([
    diff(100, 1, 4, [['99.00', '9.0']]),
    diff(200, 5, 8, [['98.00', '8.0']]),
    snapshot(4),
    diff(300, 9, 9, [['100.00', '0.0']]),
  ])
  expect(steps.map((step) => step.updateId)).toEqual([8, 9])
  expect(counts).toEqual({ gaps: 0, staleDiffs: 1, tradesBeforeBook: 0 })
  expect(steps[1]?.view).toEqual({
    bids: [{ price: 9800, quantity: 800000 }],
    asks: [{ price: 10001, quantity: 200000 }],
  })
})

test('a trade that arrives after its diff still comes before it, by exchange time', () => {
  const { steps } = replay([snapshot(1), diff(100, 2, 2), diff(200, 3, 3), trade(200, 2), trade(150, 1)])
  expect(steps.map((step) => step.trades.map((each) => each.tradeId))).toEqual([[], [1, 2]])
})

test('events are released once later ones are too far ahead for anything to come between', () => {
  const market = new Replay(btc, 20)
  market.take(snapshot(1), 'a_file')
  expect(market.take(diff(1000, 2, 2), 'a_file')).toEqual([])
  expect(market.take(diff(2000, 3, 3), 'a_file').map((step) => step.updateId)).toEqual([2])
})

test('a gap empties the book until a snapshot closes it', () => {
  const { steps, counts } = replay([
    snapshot(1),
    diff(1000, 2, 2),
    diff(2000, 4, 4),
    diff(3000, 5, 5),
    diff(4000, 6, 6),
    snapshot(5),
    diff(6000, 7, 7),
  ])
  expect(counts.gaps).toBe(1)
  expect(steps.map((step) => step.updateId)).toEqual([2, 6, 7])
})

test('a step carries the last best prices on record up to its own update', () => {
  const touch = (updateId: number, bidPrice: string): RecordedEvent => ({
    kind: 'touch',
    updateId,
    bidPrice,
    bidQuantity: '1',
    askPrice: '101.00',
    askQuantity: '1',
  })
  const { steps } = replay([
    snapshot(1),
    touch(2, '99.00'),
    touch(3, '98.00'),
    diff(100, 2, 3),
    touch(4, '97.00'),
    diff(200, 4, 5),
  ])
  expect(steps.map((step) => step.touch?.bidPrice)).toEqual(['98.00', '97.00'])
})

test('the view is the best levels of each side, best first, and no more than asked for', () => {
  const { steps } = replay(
    [
      snapshot(1),
      diff(
        100,
        2,
        2,
        [
          ['99.98', '3'],
          ['99.99', '2'],
        ],
        [
          ['100.03', '4'],
          ['100.02', '0.00000'],
        ],
      ),
    ],
    2,
  )
  expect(steps[0]?.view.bids.map((level) => level.price)).toEqual([10000, 9999])
  expect(steps[0]?.view.asks.map((level) => level.price)).toEqual([10001, 10003])
})
