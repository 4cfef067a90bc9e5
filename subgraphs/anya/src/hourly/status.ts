import type { BarStore } from '../patterns/index.ts'
import type { Horizon, NewestForecasts } from '../prediction/index.ts'
import { HOURLY_LINES } from './lines.ts'

/** Whether a market is forecast over a horizon, and what is missing where it is not. */
export interface PredictionStatus {
  readonly state: 'FORECAST' | 'TOO_LITTLE_HISTORY' | 'AWAITED'
  readonly message: string
  readonly hours: number | null
  readonly neededHours: number | null
}

/** @returns null of a market that is not watched. */
export async function statusOf(
  { newest, bars }: { readonly newest: Pick<NewestForecasts, 'knows' | 'of'>; readonly bars: Pick<BarStore, 'count'> },
  symbol: string,
  horizon: Horizon,
): Promise<PredictionStatus | null> {
  if (!newest.knows(symbol)) return null
  const isForecast = newest.of(symbol, horizon) !== null
  const line = HOURLY_LINES.find((each) => each.horizon === horizon)
  if (!line) {
    const message = isForecast ? 'It is forecast each second.' : 'Its order book has not been heard of lately.'
    return { state: isForecast ? 'FORECAST' : 'AWAITED', message, hours: null, neededHours: null }
  }
  const hours = await bars.count(symbol, 'H1')
  const neededHours = line.lookback + 1
  const known = { hours, neededHours }
  if (isForecast) return { ...known, state: 'FORECAST', message: 'It is forecast at the close of each hour.' }
  if (hours >= neededHours)
    return { ...known, state: 'AWAITED', message: 'It is forecast at the close of the next hour in which it trades.' }
  const message = `${hours} of ${neededHours} hours in which it traded are known. A reference market shows what the models say of a long past.`
  return { ...known, state: 'TOO_LITTLE_HISTORY', message }
}
