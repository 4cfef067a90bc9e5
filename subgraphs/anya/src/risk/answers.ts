import type { LevelAssessment } from './assessment.ts'
import type { Backtest } from './backtest.ts'
import type { OrderEffect, PricedAssessment, RiskRefusal } from './desk.ts'
import { CURRENCY, worthOf } from './holdings.ts'
import { liquidationCost } from './liquidity.ts'
import type { PortfolioRisk } from './portfolio.ts'
import type { Quote } from './quotes.ts'

/** Estimates of money have no more digits than people count. */
const MONEY_DIGITS = 2
const QUANTITY_DIGITS = 8
/** A past with more faults than this is no past. */
const MAX_ISSUES = 100

const money = (amount: number) => withoutMinusZero(amount.toFixed(MONEY_DIGITS))
const quantityText = (quantity: number) => withoutMinusZero(quantity.toFixed(QUANTITY_DIGITS))
const withoutMinusZero = (text: string) => (/^-0\.0+$/.test(text) ? text.slice(1) : text)
const instant = (time: number) => new Date(time).toISOString()

/** A priced portfolio and its figures as the graph has them: losses above zero. */
export function riskAssessment({ holdings, pricedAt, assessment }: PricedAssessment) {
  const value = worthOf(holdings)
  const { levels, markets, stress, issues, asOf } = assessment
  const amount = amountOf(value)
  return {
    __typename: 'RiskAssessment' as const,
    currency: CURRENCY,
    value: money(value),
    pricedAt: instant(pricedAt),
    historyThrough: instant(asOf),
    markets: markets.map(({ market, proxy, volatility, model }) => ({
      market: { symbol: market },
      proxy: proxy === null ? null : { symbol: proxy },
      nextDay: volatility,
      model: model.model === 'gjr-garch' ? ('GJR_GARCH' as const) : ('EWMA' as const),
    })),
    estimates: levels.flatMap((level) => estimatesOf(level, value)),
    backtests: levels.flatMap(({ level, backtest }) =>
      backtest ? [backtestOf(level, true, backtest.adaptive), backtestOf(level, false, backtest.fixed)] : [],
    ),
    stress: stress.map(({ name, start, end, result, positions }) => ({
      name,
      from: instant(start),
      to: instant(end),
      result: amount(result),
      positions: positions.map((each) => ({ market: { symbol: each.market }, result: money(each.result) })),
    })),
    liquidity: holdings.held.flatMap(({ market, quantity }) => {
      const quote = holdings.quotes.get(market)
      const cost = quote ? liquidityCost(market, quantity, quote) : null
      return cost ? [cost] : []
    }),
    issues: issues
      .slice(0, MAX_ISSUES)
      .map(({ market, kind, time }) => ({ market: { symbol: market }, kind, time: instant(time) })),
  }
}

export function orderRisk({ order, quote, before, after }: OrderEffect) {
  return {
    __typename: 'OrderRisk' as const,
    before: before && riskAssessment(before),
    after: after && riskAssessment(after),
    changes: changesOf(before, after),
    execution: liquidityCost(order.market, -order.quantity, quote),
  }
}

const MESSAGES: Readonly<Record<RiskRefusal['kind'], string>> = {
  NO_PORTFOLIO: 'There is no such portfolio, or it is not yours to read.',
  NOTHING_AT_RISK: 'The portfolio holds nothing whose price could fall.',
  NO_MARKET: 'An asset has no market here, so that nobody can tell what it is worth.',
  NO_PRICE: 'A market has no price now.',
  NO_MARKETS: 'The portfolio holds nothing whose price could fall.',
  NO_HISTORY: 'Neither the market nor one that stands for it has a known past.',
  TOO_LITTLE_HISTORY: 'The markets have too few days in common.',
  BUSY: 'Too many ask at once: try again in a few seconds.',
  TIMED_OUT: 'It took too long: try again.',
}

export function riskUnavailable(refusal: RiskRefusal) {
  return {
    __typename: 'RiskUnavailable' as const,
    code: 'RISK_UNAVAILABLE',
    message: MESSAGES[refusal.kind],
    reason: refusal.kind === 'NO_MARKETS' ? ('NOTHING_AT_RISK' as const) : refusal.kind,
    causes: 'markets' in refusal ? [...refusal.markets] : 'market' in refusal ? [refusal.market] : [],
  }
}

const amountOf = (value: number) => (amount: number) => ({
  amount: money(amount),
  ratio: value > 0 ? amount / value : null,
})

function estimatesOf({ level, nextDay, horizon }: LevelAssessment, value: number) {
  const amount = amountOf(value)
  return [nextDay, horizon].map((risk) => ({
    probability: level,
    horizonDays: risk.days,
    valueAtRisk: amount(-risk.valueAtRisk),
    expectedShortfall: amount(-risk.expectedShortfall),
    volatility: amount(risk.volatility),
    diversification: amount(-risk.diversification),
    positions: risk.positions.map((position) => ({
      market: { symbol: position.market },
      value: money(position.value),
      valueAtRisk: amount(-position.valueAtRisk),
      expectedShortfall: amount(-position.expectedShortfall),
      contribution: amount(-position.contribution),
    })),
  }))
}

function backtestOf(probability: number, adaptive: boolean, tested: Backtest) {
  const { kupiec, christoffersen, acerbiSzekely, trafficLight } = tested
  const light = { green: 'GREEN', yellow: 'YELLOW', red: 'RED' } as const
  return {
    probability,
    adaptive,
    days: tested.days,
    violations: tested.violations,
    kupiec: testOf(kupiec),
    independence: testOf(christoffersen.independence),
    conditionalCoverage: testOf(christoffersen.conditional),
    trafficLight: light[trafficLight.newest],
    shortfallSize: acerbiSzekely.z1 && testOf(acerbiSzekely.z1),
    shortfallSizeAndNumber: testOf(acerbiSzekely.z2),
    shortfallRatio: tested.shortfallRatio,
  }
}

const testOf = ({ statistic, p }: { readonly statistic: number; readonly p: number }) => ({
  statistic: Number.isFinite(statistic) ? statistic : null,
  pValue: p,
})

function changesOf(before: PricedAssessment | null, after: PricedAssessment | null) {
  const risks = (priced: PricedAssessment | null) =>
    priced?.assessment.levels.map(({ level, nextDay, horizon }) => ({ level, of: [nextDay, horizon] })) ?? []
  const [was, is] = [risks(before), risks(after)]
  const added = (key: 'valueAtRisk' | 'expectedShortfall', then: PortfolioRisk | undefined, now?: PortfolioRisk) =>
    money((then?.[key] ?? 0) - (now?.[key] ?? 0))
  return (is.length > 0 ? is : was).flatMap(({ level, of }, row) =>
    of.map(({ days }, column) => {
      const [then, now] = [was[row]?.of[column], is[row]?.of[column]]
      return {
        probability: level,
        horizonDays: days,
        valueAtRisk: added('valueAtRisk', then, now),
        expectedShortfall: added('expectedShortfall', then, now),
      }
    }),
  )
}

/** Null where the book cannot tell. @param quantity above zero to sell it, below to buy it */
function liquidityCost(market: string, quantity: number, { book }: Quote) {
  const cost = liquidationCost(quantity, book)
  if (!cost.ok) return null
  const { unfilled, spreadCost, depthCost, totalCost, relativeCost } = cost.value
  return {
    market: { symbol: market },
    quantity: quantityText(Math.abs(quantity)),
    unfilled: quantityText(unfilled),
    spreadCost: money(spreadCost),
    depthCost: money(depthCost),
    totalCost: money(totalCost),
    ratio: relativeCost,
  }
}
