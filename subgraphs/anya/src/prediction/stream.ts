import type { Forecast } from './forecast.ts'
import type { Horizon } from './horizon.ts'
import type { NewestForecasts } from './newest.ts'

/** The market's forecasts over the horizon, from the newest on. A reader that is slower than they come gets the newest only. */
export function forecastStream(
  newest: NewestForecasts,
  symbol: string,
  horizon: Horizon,
): AsyncIterableIterator<Forecast> {
  let pending = newest.of(symbol, horizon)
  let wake: (() => void) | undefined
  let isDone = false
  const stopListening = newest.listen(symbol, horizon, (forecast) => {
    pending = forecast
    wake?.()
  })
  const finish = async (): Promise<IteratorResult<Forecast>> => {
    isDone = true
    stopListening()
    wake?.()
    return { done: true, value: undefined }
  }
  const stream: AsyncIterableIterator<Forecast> = {
    [Symbol.asyncIterator]: () => stream,
    next: async () => {
      while (!isDone && pending === null) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      if (isDone || pending === null) return { done: true, value: undefined }
      const value = pending
      pending = null
      return { done: false, value }
    },
    return: finish,
  }
  return stream
}
