import type { Bar } from '../patterns/bar.ts'
import type { Forecast, KnownOutcome } from '../prediction/index.ts'
import { HOUR_MS } from './lines.ts'

const BPS = 10_000

/**
 * What came of forecasts that were made from hour bars, as far as the bars are there: the return from the close they were made at to the
 * close at their horizon, and the volatility by the hours between where there are several and none is missing.
 * @param bars of the forecasts' market, in any order.
 */
export function outcomesOf(forecasts: readonly Forecast[], bars: readonly Bar[]): KnownOutcome[] {
  const closes = new Map(bars.map(({ openTime, close }) => [openTime + HOUR_MS, close]))
  return forecasts.flatMap((forecast) => {
    if (forecast.dataTo === null) return []
    const hours = Math.round(forecast.horizonMs / HOUR_MS)
    const path = Array.from({ length: hours + 1 }, (_, hour) => closes.get(forecast.dataTo! + hour * HOUR_MS))
    const [first, last] = [path[0], path[hours]]
    if (first === undefined || last === undefined) return []
    const realised = hours > 1 ? realisedVolatility(path) : null
    const returnBps = (last / first - 1) * BPS
    return [realised === null ? { forecast, returnBps } : { forecast, returnBps, realisedVolatilityBps: realised }]
  })
}

function realisedVolatility(closes: readonly (number | undefined)[]): number | null {
  let sum = 0
  for (let i = 1; i < closes.length; i++) {
    const [before, after] = [closes[i - 1], closes[i]]
    if (before === undefined || after === undefined) return null
    sum += Math.log(after / before) ** 2
  }
  return Math.sqrt(sum) * BPS
}
