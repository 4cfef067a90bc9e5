import { seededRandom } from '@opsource/kernel'
import type { Bars } from '../bar-features/index.ts'
import { highestAsked } from '../risk/adaptive-level.ts'
import { type Backtest, backtest, rollingForecasts } from '../risk/backtest.ts'
import {
  ewmaNormal,
  FilteredHistoricalSimulation,
  type Forecaster,
  historicalSimulation,
  type ReturnForecast,
} from '../risk/forecast.ts'
import { returnsOf } from '../risk/returns.ts'
import { RISKMETRICS_DECAY } from '../risk/volatility.ts'
import { LIGHT_DAYS } from '../statistics/coverage.ts'
import type { ShortfallTest } from '../statistics/expected-shortfall.ts'
import { readBarFile } from './bar-file.ts'
import { InvalidBars } from './bars.ts'
import { daysOf } from './days.ts'
import { above, atLeast, type Target, verdictOf } from './verdict.ts'

const LEVELS = [0.01, 0.05] as const
const DEEPEST = highestAsked(Math.max(...LEVELS))
const WINDOW = 1_000
const REFIT_EVERY = 20
/** What banks' historical simulation looks back on: two years. */
const HISTORICAL_DAYS = 500
/** On fewer days the tests seldom refuse a wrong model at 1 %. */
const ENOUGH_DAYS = 1_000
const SEED = 20_240_601
/** A test refuses a method below this p-value. */
const SIGNIFICANCE = 0.05

/**
 * Rolling value at risk and expected shortfall one bar ahead at 1 % and 5 %: each forecast is made of the 1,000 returns before it, the
 * volatility model estimated anew every 20 bars; against EWMA with normal returns and plain historical simulation, over the same bars.
 * Bars shorter than a day are joined to days (UTC) first.
 * @throws InvalidBars where the file is malformed, has fewer than 1,000 + 250 returns, or most of them are zero
 */
export async function evaluateValueAtRisk(path: string) {
  const { bars, input } = await readBarFile(path)
  return { ...valueAtRiskOf(daysOf(bars)), input }
}

export function valueAtRiskOf(bars: Bars) {
  const { values, time, issues } = returnsOf(bars)
  if (values.length < WINDOW + LIGHT_DAYS)
    throw new InvalidBars(
      `${WINDOW + LIGHT_DAYS} returns are needed, the file gives ${values.length}; bars shorter than a day are joined to days first`,
    )
  const still = values.reduce((count, r) => count + (r === 0 ? 1 : 0), 0)
  if (still > values.length / 2)
    throw new InvalidBars(`the price stands still on ${still} of ${values.length} bars: there is no risk to forecast`)
  const filtered = new FilteredHistoricalSimulation({ deepest: DEEPEST, refitEvery: REFIT_EVERY })
  const methods = methodsOf(values, filtered)
  const levels = LEVELS.map((level) => ({
    level,
    methods: methods.map(({ name, forecasts, adapt }) => {
      const result = backtest(forecasts, values.subarray(WINDOW), level, { adapt, random: seededRandom(SEED) })
      return { method: name, ...summary(result), refusedBy: refusals(result) }
    }),
  }))
  const days = values.length - WINDOW
  return {
    kind: 'var',
    ...verdictOf(
      targetsOf(levels, days),
      days < ENOUGH_DAYS ? `TOO FEW DAYS: ${days}, and ${ENOUGH_DAYS} are needed` : undefined,
    ),
    bars: bars.size,
    from: isoTime(time[WINDOW]!),
    to: isoTime(time.at(-1)!),
    window: WINDOW,
    refitEvery: REFIT_EVERY,
    estimates: filtered.fits,
    significance: SIGNIFICANCE,
    methods: Object.fromEntries(methods.map(({ name, about }) => [name, about])),
    nulls:
      'acerbiSzekelyZ1 and shortfallRatio where nothing was violated; a statistic of Acerbi and Székely where a loss came and none was ' +
      'forecast: it is minus infinity',
    issues: issues.map((issue) => ({ ...issue, time: isoTime(issue.time) })),
    levels,
    byLevel: levels.map(({ level, methods: [ours, ...others] }) => ({
      level,
      enoughDays: ours!.days >= ENOUGH_DAYS,
      ours: ours!.refusedBy.length === 0 ? 'not refused by any test' : `refused by ${ours!.refusedBy.join(', ')}`,
      refusedOthers: others.filter(({ refusedBy }) => refusedBy.length > 0).map(({ method }) => method),
    })),
  }
}

type Level = {
  readonly level: number
  readonly methods: readonly (ReturnType<typeof summary> & { readonly method: string })[]
}

/** Coverage has to pass at the first level; what is said of the loss beyond it, at each. */
function targetsOf(levels: readonly Level[], days: number): Target[] {
  const passes = (level: number, test: string, p: number | undefined) =>
    above(`${level * 100} %: ${test} p above ${SIGNIFICANCE}`, p ?? null, SIGNIFICANCE)
  return [
    atLeast(`at least ${ENOUGH_DAYS} days`, days, ENOUGH_DAYS),
    ...levels.flatMap(({ level, methods: [ours] }) => [
      ...(level === LEVELS[0]
        ? [
            passes(level, 'Kupiec', ours!.kupiecP),
            passes(level, 'Christoffersen independence', ours!.christoffersenIndependenceP),
            passes(level, 'Christoffersen conditional coverage', ours!.christoffersenConditionalP),
          ]
        : []),
      passes(level, 'Acerbi–Székely Z1', ours!.acerbiSzekelyZ1?.p),
      passes(level, 'Acerbi–Székely Z2', ours!.acerbiSzekelyZ2.p),
    ]),
  ]
}

interface Method {
  readonly name: string
  readonly about: string
  readonly forecasts: readonly ReturnForecast[]
  readonly adapt: boolean
}

/** The method that is measured comes first. */
function methodsOf(returns: Float64Array, filtered: Forecaster): Method[] {
  const ours = rollingForecasts(returns, filtered, WINDOW)
  return [
    {
      name: 'ours',
      about: 'GJR-GARCH(1,1), filtered historical simulation, at a level that follows its violations so far',
      forecasts: ours,
      adapt: true,
    },
    { name: 'ours-fixed-level', about: 'the same without the adaptive level', forecasts: ours, adapt: false },
    {
      name: 'ewma-normal',
      about: `RiskMetrics: exponentially weighted variance, decay ${RISKMETRICS_DECAY}, normal returns`,
      forecasts: rollingForecasts(returns, ewmaNormal(RISKMETRICS_DECAY, DEEPEST), WINDOW),
      adapt: false,
    },
    {
      name: 'historical-simulation',
      about: `the newest ${HISTORICAL_DAYS} returns as they were`,
      forecasts: rollingForecasts(returns, historicalSimulation(HISTORICAL_DAYS, DEEPEST), WINDOW),
      adapt: false,
    },
  ]
}

function summary({ days, violations, rate, kupiec, christoffersen, trafficLight, acerbiSzekely, ...rest }: Backtest) {
  return {
    days,
    violations,
    rate: rounded(rate),
    kupiecP: rounded(kupiec.p),
    christoffersenIndependenceP: rounded(christoffersen.independence.p),
    christoffersenConditionalP: rounded(christoffersen.conditional.p),
    trafficLight,
    acerbiSzekelyZ1: acerbiSzekely.z1 && roundedTest(acerbiSzekely.z1),
    acerbiSzekelyZ2: roundedTest(acerbiSzekely.z2),
    shortfallRatio: rest.shortfallRatio && rounded(rest.shortfallRatio),
  }
}

/** Which tests refuse the forecasts. */
function refusals({ kupiec, christoffersen, trafficLight, acerbiSzekely }: Backtest): string[] {
  const p = {
    Kupiec: kupiec.p,
    'Christoffersen independence': christoffersen.independence.p,
    'Christoffersen conditional coverage': christoffersen.conditional.p,
    'Acerbi–Székely Z1': acerbiSzekely.z1?.p ?? 1,
    'Acerbi–Székely Z2': acerbiSzekely.z2.p,
  }
  const refusing = Object.entries(p).filter(([, value]) => value <= SIGNIFICANCE)
  return [...refusing.map(([name]) => name), ...(trafficLight.overall === 'red' ? ['traffic light'] : [])]
}

const isoTime = (time: number) => new Date(time).toISOString()
const rounded = (value: number) => Number(value.toPrecision(6))
const roundedTest = ({ statistic, p }: ShortfallTest) => ({
  statistic: Number.isFinite(statistic) ? rounded(statistic) : null,
  p: rounded(p),
})
