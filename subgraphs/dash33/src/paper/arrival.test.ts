import { describe, expect, test } from 'vitest'
import type { OrderTerms } from '../engine/commands.ts'
import { instrumentOf } from '../market/instruments.ts'
import { DEFAULT_RULES } from '../market/rules.ts'
import { type Level, Levels } from '../market-data/index.ts'
import { FEE_TIERS } from '../risk/limits.ts'
import { arrive, refusalOf } from './arrival.ts'
import type { RealBook } from './book.ts'
import { type Balances, FeeRates } from './settlement.ts'

const instrument = instrumentOf('BTC-USDT')
/** Prices in ticks of 0.01 USDT around 100 USDT, quantities in lots of 0.00001 BTC. */
const bookOf = (bids: Level[], asks: Level[], change: Partial<RealBook> = {}): RealBook => ({
  engineSequence: 77,
  time: 1_000,
  status: 'TRADING',
  lastPrice: 10_000,
  bids: new Levels('BUY', bids),
  asks: new Levels('SELL', asks),
  ...change,
})
const book = bookOf(
  [
    [9_999, 50_000],
    [9_990, 70_000],
  ],
  [
    [10_001, 30_000],
    [10_010, 40_000],
    [10_900, 90_000],
  ],
)
const buy = (quantity: number, price: number | null, change: Partial<OrderTerms> = {}): OrderTerms => ({
  symbol: 'BTC-USDT',
  side: 'BUY',
  type: price === null ? 'MARKET' : 'LIMIT',
  timeInForce: price === null ? 'IOC' : 'GTC',
  price,
  quantity,
  stopPrice: null,
  trailingAmount: null,
  trailingBps: null,
  displayQuantity: null,
  postOnly: false,
  selfTradePrevention: 'EXPIRE_TAKER',
  expiresAt: null,
  ...change,
})
const sell = (quantity: number, price: number | null, change: Partial<OrderTerms> = {}) =>
  buy(quantity, price, { side: 'SELL', ...change })
/** 1,000 USDT and 2 BTC. */
const rich = (): Balances =>
  new Map([
    ['USDT', { total: 10_000_000_000n, held: 0n }],
    ['BTC', { total: 200_000_000n, held: 0n }],
  ])
const conditions = (of: RealBook = book) => ({
  instrument,
  book: of,
  rules: DEFAULT_RULES,
  rates: new FeeRates(FEE_TIERS, 0n),
})

describe('what crosses trades at once', () => {
  test('with the levels that are shown, best first, at their prices, and the rest rests behind what is shown at its price', () => {
    const balances = rich()
    const arrival = arrive(buy(80_000, 10_010), balances, conditions())
    expect(arrival).toMatchObject({
      status: 'PARTIALLY_FILLED',
      resting: 10_000,
      ahead: 0,
      fills: [
        // 0.3 BTC at 100.01: 5 hundredths of a percent of it
        { price: 10_001, quantity: 30_000, baseAmount: 30_000_000, quoteAmount: 300_030_000, fee: 15_000, leg: 0 },
        { price: 10_010, quantity: 40_000, fee: 20_000, leg: 1, engineSequence: 77, isMaker: false, executedAt: 1_000 },
      ],
    })
    expect(balances.get('BTC')).toEqual({ total: 269_965_000n, held: 0n })
    expect(balances.get('USDT')).toEqual({ total: 10_000_000_000n - 300_030_000n - 400_400_000n, held: 100_100_000n })
  })

  test('and the real book is as it was', () => {
    arrive(buy(80_000, 10_010), rich(), conditions())
    expect(book.asks.best(9)).toEqual([
      [10_001, 30_000],
      [10_010, 40_000],
      [10_900, 90_000],
    ])
  })

  test('a seller’s fee is of the proceeds, rounded up', () => {
    const balances = rich()
    const arrival = arrive(sell(1, 9_999, { timeInForce: 'IOC' }), balances, conditions())
    expect(arrival).toMatchObject({ status: 'FILLED', fills: [{ quoteAmount: 9_999, fee: 5 }] })
    expect(balances.get('USDT')?.total).toBe(10_000_009_994n)
  })
})

describe('what does not cross', () => {
  test('rests behind what the book shows at its price', () => {
    expect(arrive(buy(5, 9_990), rich(), conditions())).toEqual({
      fills: [],
      status: 'OPEN',
      cancelReason: null,
      resting: 5,
      ahead: 70_000,
    })
  })
  test('is cancelled where it never rests', () => {
    expect(arrive(buy(5, 9_990, { timeInForce: 'IOC' }), rich(), conditions())).toMatchObject({
      status: 'CANCELLED',
      cancelReason: 'REMAINDER',
      resting: 0,
    })
    expect(arrive(buy(70_001, 10_010, { timeInForce: 'FOK' }), rich(), conditions())).toMatchObject({
      fills: [],
      cancelReason: 'FILL_OR_KILL',
    })
    expect(arrive(buy(70_000, 10_010, { timeInForce: 'FOK' }), rich(), conditions())).toMatchObject({
      status: 'FILLED',
    })
  })
  test('rests without trading in an auction', () => {
    const auction = bookOf([], [[10_001, 30_000]], { status: 'AUCTION' })
    expect(arrive(buy(5, 10_010), rich(), conditions(auction))).toMatchObject({ status: 'OPEN', fills: [] })
  })
})

describe('a market order', () => {
  test('goes as far as the market’s protection allows', () => {
    // 5 % above 100.01 is 105.01: the level at 109.00 is beyond.
    expect(arrive(buy(80_000, null), rich(), conditions())).toMatchObject({
      fills: [{ quantity: 30_000 }, { quantity: 40_000 }],
      cancelReason: 'PROTECTION',
    })
  })
  test('spends what is available at most', () => {
    const balances = rich().set('USDT', { total: 25_000n, held: 5_000n })
    expect(arrive(buy(5, null), balances, conditions())).toMatchObject({
      fills: [{ quantity: 1 }],
      cancelReason: 'REMAINDER',
    })
    expect(balances.get('USDT')).toEqual({ total: 14_999n, held: 5_000n })
  })
  test('finds nobody', () => {
    expect(arrive(buy(5, null), rich(), conditions(bookOf([], [])))).toMatchObject({
      status: 'CANCELLED',
      cancelReason: 'REMAINDER',
    })
  })
})

describe('a rule that is broken is the answer', () => {
  const refusal = (terms: OrderTerms, of: RealBook = book, balances = rich()) =>
    refusalOf(terms, balances, conditions(of))
  test.each([
    [buy(5, 9_990, { timeInForce: 'DAY' }), 'TIME_IN_FORCE_NOT_ALLOWED'],
    [buy(5, null, { timeInForce: 'GTC' }), 'TIME_IN_FORCE_NOT_ALLOWED'],
    [buy(5, 9_990, { type: 'STOP_LIMIT', stopPrice: 9_000 }), 'STOP_PRICE_NOT_ALLOWED'],
    [buy(5, 9_990, { displayQuantity: 1 }), 'DISPLAY_QUANTITY_NOT_ALLOWED'],
    [buy(5, 9_990, { postOnly: true, timeInForce: 'IOC' }), 'POST_ONLY_NOT_ALLOWED'],
    [buy(2 ** 50, 9_990), 'ORDER_TOO_LARGE'],
    [buy(70_000, 10_010, { postOnly: true }), 'POST_ONLY_WOULD_TRADE'],
    [buy(2_000_000, 9_990), 'INSUFFICIENT_BALANCE'],
    [sell(200_001, 10_010), 'INSUFFICIENT_BALANCE'],
  ])('%o', (terms, code) => {
    expect(refusal(terms)).toMatchObject({ kind: 'REFUSED', code })
  })
  test('by its rule, what was observed and how much would have been allowed', () => {
    expect(refusal(buy(5, 9))).toMatchObject({ rule: 'MARKET_MIN_NOTIONAL', limit: 100_000, observed: 45, headroom: 0 })
    expect(refusal(buy(70_000, 11_001))).toMatchObject({ rule: 'PRICE_COLLAR', limit: 11_000, observed: 11_001 })
    expect(refusal(sell(70_000, 8_999))).toMatchObject({ rule: 'PRICE_COLLAR', limit: 9_000 })
    expect(refusal(sell(1_000_000_001, 9_999))).toMatchObject({ rule: 'MARKET_MAX_QUANTITY' })
  })
  test('and depends on the market’s status', () => {
    const [paused, auction] = [bookOf([], [], { status: 'PAUSED' }), bookOf([], [], { status: 'AUCTION' })]
    expect(refusal(buy(50_000, 9_990), paused)).toMatchObject({ code: 'MARKET_PAUSED' })
    expect(refusal(buy(50_000, null), auction)).toMatchObject({ code: 'NOT_IN_AUCTION' })
    expect(refusal(buy(50_000, 9_990), auction)).toBeNull()
  })
})

test('fees follow the account’s own volume, fill by fill', () => {
  const rates = new FeeRates(FEE_TIERS, 9_999_999_999_999n)
  expect([rates.rate(true), rates.rate(false)]).toEqual([2, 5])
  rates.add(1)
  expect([rates.rate(true), rates.rate(false)]).toEqual([1, 4])
})
