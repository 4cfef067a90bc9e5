import { type CloudEvent, newEvent } from '@opsource/bus'
import type { Forecast } from './forecast.ts'

/** The event has the forecast's own id: telling of it again is telling the same. @returns null where the forecast has no direction to tell. */
export function predictionMade(forecast: Forecast): CloudEvent | null {
  const { direction, probability } = forecast
  if (direction === null || probability === null) return null
  const data = {
    predictionId: forecast.id,
    symbol: forecast.symbol,
    model: forecast.modelName,
    modelVersion: forecast.modelVersion,
    direction,
    probability,
    horizonMs: forecast.horizonMs,
    inSample: forecast.inSample,
    madeAt: new Date(forecast.madeAt).toISOString(),
  }
  return newEvent('prediction.made', data, {
    source: 'anya',
    id: forecast.id,
    time: forecast.madeAt,
    subject: forecast.symbol,
  })
}
