import { MemoryCache } from '@opsource/cache'
import { ManualClock, ok } from '@opsource/kernel'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import type { CalculatorAnswer } from './calculator.ts'
import { RiskDesk } from './desk.ts'
import type { RiskQuestion } from './protocol.ts'
import { parseProxies } from './proxies.ts'
import { type Quote, Quotes, quoteOf } from './quotes.ts'

const balances = (...held: [code: string, total: string][]) => held.map(([code, total]) => ({ asset: { code }, total }))
const quote = (price: number): Quote => ({
  time: 0,
  price,
  book: { bids: [{ price: price - 1, quantity: 9 }], asks: [{ price: price + 1, quantity: 9 }] },
})

function deskAt(prices: Record<string, number>, answer?: () => CalculatorAnswer) {
  const clock = new ManualClock(Date.UTC(2026, 0, 5, 12))
  const asked: RiskQuestion[] = []
  const assessment = { asOf: 0, markets: [], levels: [], stress: [], issues: [] }
  const desk = new RiskDesk({
    ports: { clock },
    symbols: ['BTC-USDT', 'ETH-USDT'],
    quotes: { of: async (market) => (prices[market] === undefined ? null : quote(prices[market])) },
    calculator: {
      ask: async (_caller, question) => {
        asked.push(question)
        return answer?.() ?? ok(question.portfolios.map((positions) => (positions.length > 0 ? assessment : null)))
      },
    },
    proxies: new Map(),
    ownHistory: async () => null,
  })
  return { desk, clock, asked }
}

describe('a portfolio is assessed', () => {
  it('once a day, while its holdings stay and no price moves by more than half a percent', async () => {
    const prices = { 'BTC-USDT': 60_000 }
    const { desk, clock, asked } = deskAt(prices)
    const held = balances(['BTC', '0.5'], ['USDT', '100'], ['ETH', '0'])
    const [first, same] = await Promise.all([desk.assess('usr_a', held, 10), desk.assess('usr_a', held, 10)])
    expect(same).toEqual(first)
    prices['BTC-USDT'] = 60_290
    expect(await desk.assess('usr_a', held, 10)).toEqual(first)
    expect(asked.map(({ portfolios }) => portfolios)).toEqual([[[{ market: 'BTC-USDT', value: 30_000 }]]])
    prices['BTC-USDT'] = 60_310
    await desk.assess('usr_a', held, 10)
    await desk.assess('usr_a', held, 5)
    await desk.assess('usr_a', balances(['BTC', '0.6']), 10)
    expect(asked).toHaveLength(4)
    clock.advance(86_400_000)
    await desk.assess('usr_a', balances(['BTC', '0.6']), 10)
    expect(asked).toHaveLength(5)
  })

  it('not at all where there is nothing to lose, no market or no price', async () => {
    const { desk, asked } = deskAt({ 'BTC-USDT': 1 })
    const refused = async (...held: [string, string][]) => {
      const result = await desk.assess('usr_a', balances(...held), 10)
      return result.ok ? null : result.error
    }
    expect(await refused(['USDT', '7'])).toEqual({ kind: 'NOTHING_AT_RISK' })
    expect(await refused(['BTC', '1'], ['DOGE', '7'])).toEqual({ kind: 'NO_MARKET', markets: ['DOGE'] })
    expect(await refused(['BTC', '1'], ['ETH', '7'])).toEqual({ kind: 'NO_PRICE', markets: ['ETH-USDT'] })
    expect(asked).toEqual([])
  })

  it('again after it was refused', async () => {
    const { desk, asked } = deskAt({ 'BTC-USDT': 1 }, () => ({ ok: false, error: { kind: 'BUSY' } }))
    for (const _ of [1, 2])
      expect(await desk.assess('usr_a', balances(['BTC', '1']), 10)).toEqual({ ok: false, error: { kind: 'BUSY' } })
    expect(asked).toHaveLength(2)
  })
})

describe('an order is assessed', () => {
  const order = (quantity: number, price: number | null = null) => ({ market: 'BTC-USDT', quantity, price })

  it('as the portfolio before and after it, paid at its own price and worth the market’s', async () => {
    const { desk, asked } = deskAt({ 'BTC-USDT': 100 })
    const result = await desk.assessOrder('usr_a', balances(['BTC', '2'], ['USDT', '500']), order(1, 90), 10)
    expect(asked[0]?.portfolios).toEqual([[{ market: 'BTC-USDT', value: 200 }], [{ market: 'BTC-USDT', value: 300 }]])
    expect(result.ok && result.value.after?.holdings.cash).toBe(410)
  })

  it('down to nothing where everything is sold, though decimals leave a rest', async () => {
    const { desk, asked } = deskAt({ 'BTC-USDT': 100 })
    await desk.assessOrder('usr_a', balances(['BTC', '0.3']), order(-(0.1 + 0.2)), 10)
    expect(asked[0]?.portfolios).toEqual([[{ market: 'BTC-USDT', value: 30 }], []])
  })
})

describe('a market is priced', () => {
  const snapshot = (bids: number[][], asks: number[][], more = {}) =>
    quoteOf({ time: 5, tick: { units: 1, scale: 2 }, lot: { units: 1, scale: 3 }, bids, asks, ...more })

  it('at the middle of its book, in the assets themselves', () => {
    expect(snapshot([[9_900, 500]], [[10_100, 2_000]])).toEqual({
      time: 5,
      price: 100,
      book: { bids: [{ price: 99, quantity: 0.5 }], asks: [{ price: 101, quantity: 2 }] },
    })
  })

  it('at its last price where a side is empty or both cross, and not without one', () => {
    expect(snapshot([], [[10_100, 1]], { lastPrice: 9_950 }).price).toBe(99.5)
    expect(snapshot([[10_200, 1]], [[10_100, 1]], { lastPrice: 9_950 }).price).toBe(99.5)
    expect(snapshot([], []).price).toBeNull()
  })
})

describe('the newest price', () => {
  it('is read once a second, and missing where the cache is away or holds something else', async () => {
    const clock = new ManualClock(0)
    const texts: (string | null)[] = [null, '{}']
    const unpriced: string[] = []
    const get = async () => {
      const text = texts.shift()
      if (text === undefined) throw new Error('away')
      return text
    }
    const cache = Object.assign(new MemoryCache({ clock, log: pino({ level: 'silent' }) }), { get })
    const quotes = new Quotes({ cache, clock }, { unpriced: (symbol) => void unpriced.push(symbol) })
    expect(await quotes.of('A-B')).toBeNull()
    expect(await quotes.of('A-B')).toBeNull()
    expect(texts).toHaveLength(1)
    clock.advance(1_000)
    expect(await quotes.of('A-B')).toBeNull()
    expect(await quotes.of('A-B')).toBeNull()
    expect(unpriced).toEqual(['A-B', 'A-B'])
  })
})

describe('what stands for a market', () => {
  it('is read from a list of pairs, and from nothing else', () => {
    expect(parseProxies('A-B=SP500,C-D=BTC-USD')).toEqual(
      new Map([
        ['A-B', 'SP500'],
        ['C-D', 'BTC-USD'],
      ]),
    )
    expect(parseProxies('')).toEqual(new Map())
    for (const wrong of ['A-B', 'A-B=', 'A-B=X,A-B=Y', 'a-b=X', 'A-B=X,']) expect(parseProxies(wrong)).toBeNull()
  })
})
