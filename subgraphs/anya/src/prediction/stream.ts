import { stateStream } from '../state-stream.ts'
import type { Forecast } from './forecast.ts'
import type { Horizon } from './horizon.ts'
import type { NewestForecasts } from './newest.ts'

/** The market's forecasts over the horizon, from the newest on. A reader that is slower than they come gets the newest only. */
export const forecastStream = (
  newest: NewestForecasts,
  symbol: string,
  horizon: Horizon,
): AsyncIterableIterator<Forecast> =>
  stateStream(newest.of(symbol, horizon), (tell) => newest.listen(symbol, horizon, tell))
