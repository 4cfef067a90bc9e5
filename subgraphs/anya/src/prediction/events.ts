import type { CloudEvent } from '@opsource/bus'
import type { EventData } from '@opsource/bus/contracts'
import type { IdSource } from '@opsource/kernel'
import type { Forecast } from './forecast.ts'

export function predictionMade(forecast: Forecast, ids: IdSource): CloudEvent {
  const madeAt = new Date(forecast.madeAt).toISOString()
  const data: EventData<'prediction.made'> = {
    predictionId: forecast.id,
    symbol: forecast.symbol,
    model: forecast.modelName,
    modelVersion: forecast.modelVersion,
    direction: forecast.direction,
    probability: forecast.probability,
    horizonMs: forecast.horizonMs,
    inSample: forecast.inSample,
    madeAt,
  }
  return {
    specversion: '1.0',
    id: ids.next('evt'),
    source: 'anya',
    type: 'prediction.made',
    subject: forecast.symbol,
    time: madeAt,
    datacontenttype: 'application/json',
    data,
  }
}
