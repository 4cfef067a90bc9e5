import { expect, test } from 'vitest'
import type { Credited, EngineBatch, EngineEvent, Trade, TradeParty } from '../engine/events.ts'
import { accountsWithFlows, equityOf, foldFlows, type Holdings, runsByMinute } from './equity.ts'

let sequence = 0
const batch = (time: number, ...events: EngineEvent[]): EngineBatch => ({
  firstSequence: ++sequence,
  lastSequence: sequence,
  time,
  events,
  levels: [],
  resting: [],
  holds: [],
  balances: [],
})
const credit = (accountId: string, asset: string, amount: number): Credited => ({
  type: 'CREDITED',
  engineSequence: ++sequence,
  accountId,
  userId: `usr_${accountId}`,
  asset,
  amount,
  reference: `${sequence}`,
})
const party = (accountId: string, side: 'BUY' | 'SELL', fee: number): TradeParty => ({
  accountId,
  userId: `usr_${accountId}`,
  orderId: 'o',
  clientOrderId: 'c',
  side,
  fee,
  feeBps: 0,
  filledQuantity: 1,
  remainingQuantity: 0,
  filledQuoteAmount: 0,
  status: 'FILLED',
})
/** One BTC at a price in ticks of 0.01 USDT. */
const trade = (buyer: string, seller: string, price: number, baseFee = 0, quoteFee = 0): Trade => ({
  type: 'TRADE',
  engineSequence: ++sequence,
  leg: 0,
  tradeId: 't',
  symbol: 'BTC-USDT',
  price,
  quantity: 100_000,
  baseAmount: 100_000_000,
  quoteAmount: price * 100_000,
  takerSide: 'BUY',
  auction: false,
  maker: party(seller, 'SELL', quoteFee),
  taker: party(buyer, 'BUY', baseFee),
})
const run = (...batches: EngineBatch[]) => runsByMinute(batches)[0]!

test('equity is what everything is worth at the last prices, each asset rounded down; what has none counts as nothing', () => {
  const held = new Map([
    ['USDT', 7n],
    ['BTC', 1n],
    ['ETH', 5n],
  ])
  expect(equityOf(held, new Map([['BTC-USDT', 6_000_050]]))).toBe(7n + 6_000n)
})

test('batches are told by the minute in which they happened', () => {
  const batches = [batch(59_999), batch(60_000), batch(61_000), batch(180_000)]
  expect(runsByMinute(batches).map(({ minute, batches: { length } }) => [minute, length])).toEqual([
    [0, 1],
    [60_000, 2],
    [180_000, 1],
  ])
})

test('a credit is a flow, valued at the price of that moment, with what the account was worth just before it', () => {
  const minute = run(batch(1, credit('a', 'USDT', 50), trade('a', 'b', 7_000_000), credit('a', 'BTC', 200_000_000)))
  const prices = new Map([['BTC-USDT', 6_000_000]])
  const holdings: Holdings = new Map([['a', new Map([['USDT', 700_000_000_000n]])]])
  expect(accountsWithFlows(minute, prices)).toEqual(new Set(['a']))
  expect(foldFlows(minute, new Set(['a']), holdings, prices)).toMatchObject([
    { kind: 'CREDIT', amount: 50n, value: 50n, equityBefore: 700_000_000_000n },
    { kind: 'CREDIT', asset: 'BTC', value: 1_400_000_000_000n, equityBefore: 700_000_000_050n },
  ])
  expect(prices.get('BTC-USDT')).toBe(7_000_000)
  expect(holdings.has('b')).toBe(false)
})

test('what was credited before its market’s first trade is a flow when it gets a price', () => {
  const prices = new Map<string, number>()
  const minute = run(batch(1, credit('b', 'BTC', 300_000_000), trade('a', 'b', 6_000_000)))
  const holdings: Holdings = new Map([['a', new Map([['USDT', 600_000_000_000n]])]])
  expect(accountsWithFlows(minute, prices)).toBe('ALL')
  expect(foldFlows(minute, 'ALL', holdings, prices)).toMatchObject([
    { accountId: 'b', kind: 'FIRST_PRICE', amount: 300_000_000n, value: 1_800_000_000_000n, equityBefore: 0n },
  ])
  expect(equityOf(holdings.get('a')!, prices)).toBe(600_000_000_000n)
  expect(equityOf(holdings.get('b')!, prices)).toBe(1_800_000_000_000n)
})

test('fees leave the account, the venue’s own accounts have no equity', () => {
  const prices = new Map([['BTC-USDT', 6_000_000]])
  const minute = run(batch(1, credit('a', 'USDT', 1), trade('a', 'b', 6_000_000, 50_000, 7)))
  const holdings: Holdings = new Map([['a', new Map([['USDT', 600_000_000_000n]])]])
  foldFlows(minute, new Set(['a']), holdings, prices)
  expect(holdings.get('a')).toEqual(
    new Map([
      ['USDT', 1n],
      ['BTC', 99_950_000n],
    ]),
  )
  expect([...holdings.keys()]).toEqual(['a'])
})
