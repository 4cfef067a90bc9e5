import { readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { seededRandom } from '@opsource/kernel'
import { describe, expect, test } from 'vitest'
import { parseBars } from '../evaluation/bars.ts'
import { type AssessmentRequest, assessPortfolio } from './assessment.ts'

const barsOf = (name: string) =>
  parseBars(
    gunzipSync(readFileSync(path.resolve(import.meta.dirname, `../../../../data/daily/${name}.csv.gz`))).toString(
      'utf8',
    ),
  )
const histories = new Map([
  ['SPX', barsOf('sp500')],
  ['BTC-USD', barsOf('btcusd')],
])
const request = (positions: AssessmentRequest['positions']): AssessmentRequest => ({
  positions,
  histories,
  proxies: new Map([['ETH-USD', 'BTC-USD']]),
  levels: [0.01, 0.05],
  horizonDays: 10,
  random: () => seededRandom(1),
})
const assessed = (positions: AssessmentRequest['positions']) => {
  const result = assessPortfolio(request(positions))
  if (!result.ok) throw new Error(result.error.kind)
  return result.value
}

describe('shares and crypto-assets together, on real history', () => {
  const { markets, levels, stress, issues, asOf } = assessed([
    { market: 'SPX', value: 10_000 },
    { market: 'BTC-USD', value: 1_000 },
    { market: 'ETH-USD', value: 500 },
  ])

  test('a market without history names the one that stands for it', () => {
    expect(markets.map(({ market, proxy }) => [market, proxy])).toEqual([
      ['SPX', null],
      ['BTC-USD', null],
      ['ETH-USD', 'BTC-USD'],
    ])
    expect(markets[1]!.volatility).toBeGreaterThan(3 * markets[0]!.volatility)
    expect(markets[2]!.volatility).toBe(markets[1]!.volatility)
  })

  test('the rarer and the farther, the larger the loss; without 1,250 common days there is no backtest', () => {
    const [one, five] = levels
    expect(one!.nextDay.expectedShortfall).toBeLessThan(five!.nextDay.expectedShortfall)
    expect(five!.nextDay.expectedShortfall).toBeLessThan(five!.nextDay.valueAtRisk)
    expect(one!.horizon.valueAtRisk).toBeLessThan(one!.nextDay.valueAtRisk)
    expect(levels.map(({ backtest }) => backtest)).toEqual([null, null])
  })

  test('stress is of days that were, and what ended the common history is told', () => {
    expect(stress.map(({ name }) => name)).toContain('Volatility shock of February 2018')
    expect(stress.slice(0, 3).every(({ result }) => result < 0)).toBe(true)
    expect(asOf).toBe(Date.UTC(2018, 7, 13))
    expect(issues).toContainEqual({ kind: 'STOPPED', market: 'BTC-USD', time: Date.UTC(2018, 7, 13) })
  })
})

test('where history is long, the level asked is the one that the portfolio’s own violations call for', () => {
  for (const { level, nextDay, backtest } of assessed([{ market: 'SPX', value: -1_000 }]).levels) {
    expect(backtest?.level).toBe(level)
    expect(nextDay.level).toBe(backtest?.adaptive.askNext)
    expect(backtest?.adaptive.days).toBe(500)
  }
})

test.each([
  [[], 'NO_MARKETS'],
  [[{ market: 'XRP-USD', value: 1 }], 'NO_HISTORY'],
])('what cannot be assessed is refused: %j', (positions, kind) => {
  expect(assessPortfolio(request(positions))).toMatchObject({ ok: false, error: { kind } })
})
