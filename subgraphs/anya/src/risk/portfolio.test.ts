import { seededRandom } from '@opsource/kernel'
import { describe, expect, test } from 'vitest'
import { normalQuantile } from '../statistics/distribution.ts'
import { alignHistories, historySources, type JointHistory } from './joint-history.ts'
import { orderRisk, portfolioRisk, UnknownMarket } from './portfolio.ts'
import { portfolioBacktest } from './portfolio-backtest.ts'
import type { PriceHistory } from './returns.ts'
import { horizonScenarios, nextDayScenarios } from './scenarios.ts'
import { knownEvents, worstSpans } from './stress.ts'

const DAY = 86_400_000
const START = Date.UTC(2020, 0, 1)

/** Markets whose daily returns share a part: normal, 1 % a day. */
function correlated(size: number, shared: number, seed: number): [PriceHistory, PriceHistory] {
  const random = seededRandom(seed)
  const draw = () => normalQuantile(random.next() || 0.5)
  const prices = [100, 50]
  const histories = prices.map(() => ({ time: [] as number[], open: [] as number[], close: [] as number[] }))
  for (let day = 0; day < size; day++) {
    const common = draw()
    for (const [index, history] of histories.entries()) {
      const before = prices[index]!
      prices[index] = before * Math.exp(0.01 * (Math.sqrt(shared) * common + Math.sqrt(1 - shared) * draw()))
      history.time.push(START + day * DAY)
      history.open.push(before)
      history.close.push(prices[index]!)
    }
  }
  return [histories[0]!, histories[1]!]
}

function joint(
  known: Record<string, PriceHistory>,
  proxies: Record<string, string> = {},
  markets?: string[],
): JointHistory {
  const sources = historySources(
    markets ?? Object.keys(known),
    new Map(Object.entries(known)),
    new Map(Object.entries(proxies)),
  )
  const aligned = sources.ok ? alignHistories(sources.value) : sources
  if (!aligned.ok) throw new Error(aligned.error.kind)
  return aligned.value
}

const [a, b] = correlated(1_300, 0.5, 1)
const history = joint({ A: a, B: b })
const scenarios = nextDayScenarios(history)
const held = [
  { market: 'A', value: 1_000 },
  { market: 'B', value: 500 },
]

describe('the risk of a portfolio', () => {
  const risk = portfolioRisk(held, scenarios, 0.05)

  test('is what normal returns of this correlation have', () => {
    const deviation = 0.01 * Math.sqrt(1_000 ** 2 + 500 ** 2 + 2 * 0.5 * 1_000 * 500)
    expect(risk.volatility / deviation).toBeGreaterThan(0.85)
    expect(risk.volatility / deviation).toBeLessThan(1.15)
    expect(risk.valueAtRisk / risk.volatility).toBeCloseTo(-1.645, 0)
    expect(risk.expectedShortfall / risk.volatility).toBeCloseTo(-2.06, 0)
  })

  test('is the sum of what its positions contribute, to the last digit', () => {
    expect(risk.positions.reduce((sum, { contribution }) => sum + contribution, 0)).toBe(risk.expectedShortfall)
    expect(risk.diversification).toBeLessThanOrEqual(0)
  })

  test('grows in proportion to the portfolio', () => {
    const double = portfolioRisk(
      held.map((each) => ({ ...each, value: 2 * each.value })),
      scenarios,
      0.05,
    )
    expect(double.expectedShortfall).toBeCloseTo(2 * risk.expectedShortfall, 8)
    expect(double.valueAtRisk).toBeCloseTo(2 * risk.valueAtRisk, 8)
  })

  test('contributions are the slope of the whole along each position', () => {
    const step = 1e-6
    for (const [index, { contribution }] of risk.positions.entries()) {
      const moved = held.map((each, i) => (i === index ? { ...each, value: each.value * (1 + step) } : each))
      const slope = (portfolioRisk(moved, scenarios, 0.05).expectedShortfall - risk.expectedShortfall) / step
      expect(slope / contribution).toBeCloseTo(1, 3)
    }
  })

  test('of nothing is nothing, and of an unknown market is a mistake', () => {
    expect(portfolioRisk([], scenarios, 0.05)).toMatchObject({ valueAtRisk: 0, expectedShortfall: 0, volatility: 0 })
    expect(() => portfolioRisk([{ market: 'C', value: 1 }], scenarios, 0.05)).toThrowError(UnknownMarket)
  })
})

describe('an order, before it is sent', () => {
  test('that adds to what is held adds risk; one that closes all of it leaves none', () => {
    expect(orderRisk(held, { market: 'A', value: 300 }, scenarios, 0.01).incremental.expectedShortfall).toBeLessThan(0)
    const closing = orderRisk(held.slice(0, 1), { market: 'A', value: -1_000 }, scenarios, 0.01)
    expect(closing.after.expectedShortfall).toBeCloseTo(0, 12)
    expect(closing.incremental.expectedShortfall).toBeCloseTo(-closing.before.expectedShortfall, 12)
  })

  test('that sells a correlated market hedges, and contributes the other way', () => {
    const hedge = orderRisk(held.slice(0, 1), { market: 'B', value: -400 }, scenarios, 0.05)
    expect(hedge.incremental.expectedShortfall).toBeGreaterThan(0)
    expect(hedge.after.positions.find(({ market }) => market === 'B')?.contribution).toBeGreaterThan(0)
  })
})

describe('more than a day ahead', () => {
  const options = (seed: number) => ({ days: 10, paths: 5_000, random: seededRandom(seed) })

  test('risk grows with the root of time where volatility stands', () => {
    const ten = portfolioRisk(held, horizonScenarios(history, options(1)), 0.05)
    const one = portfolioRisk(held, scenarios, 0.05)
    expect(ten.days).toBe(10)
    expect(ten.volatility / one.volatility / Math.sqrt(10)).toBeGreaterThan(0.85)
    expect(ten.volatility / one.volatility / Math.sqrt(10)).toBeLessThan(1.15)
  })

  test('the same seed tells the same', () => {
    expect(horizonScenarios(history, options(2)).returns).toEqual(horizonScenarios(history, options(2)).returns)
  })

  test.each([0, 21, Number.NaN])('%d days are refused', (days) => {
    expect(() => horizonScenarios(history, { days, paths: 10, random: seededRandom(1) })).toThrowError(RangeError)
  })
})

describe('histories', () => {
  test('are lined up by day, and a day that one of them misses joins the next', () => {
    const without = (market: PriceHistory, day: number): PriceHistory => ({
      time: Array.from(market.time).toSpliced(day, 1),
      open: Array.from(market.open).toSpliced(day, 1),
      close: Array.from(market.close).toSpliced(day, 1),
    })
    const { returns, start, end } = joint({ A: a, B: without(b, 700) })
    expect(end.length).toBe(history.end.length - 1)
    expect([start[699], end[699]]).toEqual([START + 699 * DAY, START + 701 * DAY])
    expect(returns[0]![699]).toBeCloseTo(history.returns[0]![699]! + history.returns[0]![700]!, 12)
  })

  test('of a market that stopped trading end the common history, and it is named', () => {
    const half: PriceHistory = {
      time: a.time,
      open: a.open,
      close: Array.from(a.close, (p, d) => (d < 900 ? p : Number.NaN)),
    }
    const { end, issues } = joint({ A: half, B: b })
    expect(end.at(-1)).toBe(START + 899 * DAY)
    expect(issues).toContainEqual({ kind: 'STOPPED', market: 'A', time: START + 899 * DAY })
    expect(issues.filter(({ kind }) => kind === 'NO_PRICE').length).toBe(400)
  })

  test('of their own are preferred, else the proxy is named, else there is a refusal', () => {
    const known = new Map([['A', a]])
    expect(historySources(['A', 'NEW'], known, new Map([['NEW', 'A']]))).toMatchObject({
      ok: true,
      value: [
        { market: 'A', proxy: null },
        { market: 'NEW', proxy: 'A' },
      ],
    })
    expect(historySources(['NEW'], known, new Map())).toEqual({
      ok: false,
      error: { kind: 'NO_HISTORY', market: 'NEW' },
    })
  })

  test('that are too short are refused with how many rows are missing', () => {
    const [short] = correlated(100, 0, 3)
    expect(alignHistories([{ market: 'S', history: short, proxy: null }])).toEqual({
      ok: false,
      error: { kind: 'TOO_LITTLE_HISTORY', markets: ['S'], rows: 99, needed: 250 },
    })
    expect(alignHistories([])).toEqual({ ok: false, error: { kind: 'NO_MARKETS' } })
  })
})

describe('stress', () => {
  test('the worst spans are those in which the positions lost most', () => {
    const [day, week] = worstSpans(history, held)
    const results = history.end
      .keys()
      .map((row) => held.reduce((sum, { value }, index) => sum + value * Math.expm1(history.returns[index]![row]!), 0))
    expect(day!.result).toBeCloseTo(Math.min(...results), 9)
    expect(week!.end - week!.start).toBe(5 * DAY)
    expect(week!.result).toBeCloseTo(
      week!.positions.reduce((sum, { result }) => sum + result, 0),
      9,
    )
  })

  test('what is bad for the buyer is good for the seller, whose worst spans are others', () => {
    const short = worstSpans(
      history,
      held.map((each) => ({ ...each, value: -each.value })),
    )
    expect(short[0]!.start).not.toBe(worstSpans(history, held)[0]!.start)
    expect(short[0]!.result).toBeLessThan(0)
  })

  test('an event is told only where the history covers it', () => {
    expect(knownEvents(history, held).map(({ name }) => name)).toEqual(['Covid-19'])
  })
})

test('a portfolio’s model is tested on the newest days, each forecast from the rows before it', () => {
  const [result] = unwrapped(portfolioBacktest(history, held, [0.05], () => seededRandom(1)))
  expect(result!.fixed.days).toBe(299)
  expect(result!.fixed.kupiec.p).toBeGreaterThan(0.01)
  const short = joint({ A: { time: Array.from(a.time).slice(0, 1_200), open: a.open, close: a.close } })
  expect(portfolioBacktest(short, held.slice(0, 1), [0.05], () => seededRandom(1))).toEqual({
    ok: false,
    error: { kind: 'TOO_LITTLE_HISTORY', markets: ['A'], rows: 1_199, needed: 1_250 },
  })
})

function unwrapped<T>(result: { ok: true; value: T } | { ok: false; error: { kind: string } }): T {
  if (!result.ok) throw new Error(result.error.kind)
  return result.value
}
