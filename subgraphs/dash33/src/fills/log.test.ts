import { expect, test } from 'vitest'
import type { EngineBatch, Trade, TradeParty } from '../engine/events.ts'
import type { FillUpdateParent } from '../parents.ts'
import { FillLog, fillUpdateOf, MAX_MISSED_FILLS, type StoredFills } from './log.ts'

const party = (accountId: string, side: 'BUY' | 'SELL'): TradeParty => ({
  accountId,
  userId: 'usr_1',
  orderId: 'ord_1',
  clientOrderId: 'a',
  side,
  fee: 1,
  feeBps: 5,
  filledQuantity: 1,
  remainingQuantity: 0,
  filledQuoteAmount: 100,
  status: 'FILLED',
})
const trade = (engineSequence: number, maker = 'acc_other', taker = 'acc_1'): Trade => ({
  type: 'TRADE',
  engineSequence,
  leg: 0,
  tradeId: `trd_${engineSequence}`,
  symbol: 'BTC-USDT',
  price: 100,
  quantity: 1,
  baseAmount: 1,
  quoteAmount: 100,
  takerSide: 'BUY',
  auction: false,
  maker: party(maker, 'SELL'),
  taker: party(taker, 'BUY'),
})
const batch = (trade: Trade): EngineBatch => ({
  firstSequence: trade.engineSequence,
  lastSequence: trade.engineSequence,
  time: 0,
  events: [trade],
  levels: [],
  resting: [],
  balances: [],
  holds: [],
})

/** Fills as a database has them. `pruned`: those before this command are gone. */
function stored(trades: readonly Trade[], pruned = 0): StoredFills {
  const fills = trades.map((each) => fillUpdateOf(each, false, 0))
  return {
    reached: async () => {},
    isPruned: async (_accountId, [sequence]) => sequence < pruned,
    after: async (_accountId, [sequence, position], through, limit) =>
      fills
        .filter((fill) => fill.sequence > sequence || (fill.sequence === sequence && fill.position > position))
        .filter((fill) => fill.sequence <= through)
        .slice(0, limit),
  }
}

async function read(fills: AsyncIterator<FillUpdateParent>, count: number): Promise<number[]> {
  const seen: number[] = []
  while (seen.length < count) {
    const { done, value } = await fills.next()
    if (done) break
    seen.push(value.sequence)
  }
  return seen
}

test('a reader hears of their own fills as they come, as maker and as taker', async () => {
  const log = new FillLog(stored([]), 0)
  const fills = log.watch('acc_1', null)
  log.take(batch(trade(1, 'acc_2', 'acc_3')))
  log.take(batch(trade(2, 'acc_1', 'acc_3')))
  log.take(batch(trade(3, 'acc_1', 'acc_1')))
  const seen = [await fills.next(), await fills.next(), await fills.next()].map(({ value }) => value)
  expect(seen).toMatchObject([
    { sequence: 2, position: 0, fill: { liquidity: 'MAKER', side: 'SELL' } },
    { sequence: 3, position: 0, fill: { liquidity: 'MAKER' } },
    { sequence: 3, position: 1, fill: { liquidity: 'TAKER', side: 'BUY' } },
  ])
})

test('a reader who comes back reads what is stored, then what came meanwhile, each once', async () => {
  const log = new FillLog(stored(Array.from({ length: 1_200 }, (_, i) => trade(i + 1))), 1_200)
  const fills = log.watch('acc_1', [100, 1])
  log.take(batch(trade(1_201)))
  const seen = await read(fills, 1_101)
  expect(seen).toEqual(Array.from({ length: 1_101 }, (_, i) => i + 101))
})

test('too many missed, or some deleted, are a gap; a place that lies ahead is bad input', async () => {
  const many = stored(Array.from({ length: MAX_MISSED_FILLS + 1 }, (_, i) => trade(i + 1)))
  const log = new FillLog(many, MAX_MISSED_FILLS + 1)
  await expect(read(log.watch('acc_1', [0, 1]), MAX_MISSED_FILLS + 1)).rejects.toThrow('may have been missed')
  await expect(read(new FillLog(stored([], 5), 9).watch('acc_1', [4, 1]), 1)).rejects.toThrow('may have been missed')
  expect(() => log.watch('acc_1', [MAX_MISSED_FILLS + 3, 0])).toThrow('lies ahead')
})

test('a reader who does not read ends with a gap, and one who leaves is forgotten at once', async () => {
  const log = new FillLog(stored([]), 0)
  const slow = log.watch('acc_1', null)
  for (let sequence = 1; sequence <= 1_001; sequence++) log.take(batch(trade(sequence)))
  await expect(slow.next()).rejects.toThrow('may have been missed')
  const waiting = log.watch('acc_1', [1_001, 1])
  const next = waiting.next()
  await waiting.return?.()
  expect((await next).done).toBe(true)
})
