import type { Forecast } from '../prediction/index.ts'

/** A forecast of ten seconds that says UP where its baseline says DOWN, and nothing of how far. */
export function forecastOf(changes: Partial<Forecast> = {}): Forecast {
  return {
    id: 'prd_1',
    symbol: 'BTC-USDT',
    tick: 1,
    madeAt: 1_000,
    modelName: 'mid-direction',
    modelVersion: 1,
    horizonMs: 10_000,
    direction: 'UP',
    probability: 0.7,
    baselineDirection: 'DOWN',
    baselineProbability: 0.6,
    expectedReturnBps: null,
    quantilesBps: null,
    volatilityBps: null,
    baselineReturnBps: null,
    baselineQuantilesBps: null,
    baselineVolatilityBps: null,
    vector: null,
    vectorHash: null,
    dataFrom: null,
    dataTo: null,
    dataRows: null,
    inSample: false,
    returnBps: null,
    realisedVolatilityBps: null,
    ...changes,
  }
}
