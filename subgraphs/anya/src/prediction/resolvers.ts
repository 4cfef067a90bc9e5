import type { Clock } from '@opsource/kernel'
import { connection, fault, pageOf, perRequest } from '@opsource/subgraph'
import DataLoader from 'dataloader'
import { topContributions } from '../explanation/index.ts'
import type { Resolvers } from '../generated/graphql.ts'
import type { VersionLoader } from '../registry/index.ts'
import type { Explanations } from './explanations.ts'
import { directionOf, type Forecast, isForecastId, QUANTILE_LEVELS, upOf } from './forecast.ts'
import { horizonOf } from './horizon.ts'
import type { NewestForecasts } from './newest.ts'
import type { PredictionStore } from './store.ts'
import { forecastStream } from './stream.ts'

const DEFAULT_TOP = 5
const MAX_TOP = 100

export interface PredictionReading {
  readonly store: PredictionStore
  readonly newest: NewestForecasts
  readonly versions: VersionLoader
  readonly explanations: Explanations
  readonly clock: Clock
}

export function predictionResolvers({
  store,
  newest,
  versions,
  explanations,
  clock,
}: PredictionReading): Pick<Resolvers, 'Market' | 'Subscription' | 'Prediction' | 'PredictionExplanation'> {
  const stored = perRequest(
    () =>
      new DataLoader(async (ids: readonly string[]) => {
        const found = new Map((await store.byIds(ids)).map((forecast) => [forecast.id, forecast]))
        return ids.map((id) => found.get(id) ?? null)
      }),
  )
  /** What is kept in memory knows no outcome, so one that is due is read again. */
  const withOutcome = async (forecast: Forecast, load: (id: string) => Promise<Forecast | null>) => {
    const isDue = forecast.madeAt + forecast.horizonMs <= clock.now()
    return forecast.returnBps === null && isDue ? ((await load(forecast.id)) ?? forecast) : forecast
  }
  return {
    Market: {
      __resolveReference: ({ symbol }) => ({ symbol }),
      prediction: ({ symbol }, { horizon }) => newest.of(symbol, horizon),
      predictions: async ({ symbol }, { horizon, ...args }) => {
        const page = pageOf(args, { keys: 1 })
        if (page.after !== null && !isForecastId(String(page.after[0])))
          throw fault('BAD_USER_INPUT', '`after` is not a cursor of this connection.')
        // Whoever asks for an entity chooses its key: it need not be a market, nor a text.
        return connection(newest.knows(symbol) ? await store.page(symbol, horizon, page) : [], page, ({ id }) => [id])
      },
    },
    Subscription: {
      prediction: {
        subscribe: (_, { symbol, horizon }) => {
          if (!newest.knows(symbol)) throw fault('BAD_USER_INPUT', 'There is no such market.')
          return forecastStream(newest, symbol, horizon)
        },
        resolve: (forecast: Forecast) => forecast,
      },
    },
    PredictionExplanation: {
      output: ({ explanation: { name } }) => name,
      scale: ({ explanation: { scale } }) => scale,
      base: ({ explanation: { base } }) => base,
      total: ({ explanation: { total } }) => total,
      contributions: ({ explanation, row, features }, { top }) => {
        const count = top ?? DEFAULT_TOP
        if (count < 1 || count > MAX_TOP) throw fault('BAD_USER_INPUT', `\`top\` is from 1 to ${MAX_TOP}.`)
        return topContributions(explanation, row, { features, count }).map(({ value, ...rest }) => ({
          ...rest,
          value: Number.isFinite(value) ? value : null,
        }))
      },
    },
    Prediction: {
      __resolveReference: ({ id }, context) => stored(context).load(id),
      market: ({ symbol }) => ({ symbol }),
      modelVersion: ({ modelName, modelVersion }, _, context) =>
        versions(context).load({ modelName, version: modelVersion }),
      upProbability: ({ direction, probability }) => upOf(direction, probability),
      downProbability: ({ direction, probability }) => {
        const up = upOf(direction, probability)
        return up === null ? null : 1 - up
      },
      returnQuantiles: ({ quantilesBps }) => shownQuantiles(quantilesBps),
      expectedVolatilityBps: ({ volatilityBps }) => volatilityBps,
      horizon: ({ horizonMs }) => horizonOf(horizonMs),
      featureVectorHash: ({ vectorHash }) => vectorHash,
      dataWindow: ({ dataFrom, dataTo, dataRows }) =>
        dataFrom === null || dataTo === null || dataRows === null
          ? null
          : { from: new Date(dataFrom).toISOString(), to: new Date(dataTo).toISOString(), rows: dataRows },
      explanation: (forecast) => explanations.of(forecast),
      baseline: (forecast) => ({
        direction: forecast.baselineDirection,
        probability: forecast.baselineProbability,
        expectedReturnBps: forecast.baselineReturnBps,
        returnQuantiles: shownQuantiles(forecast.baselineQuantilesBps),
        expectedVolatilityBps: forecast.baselineVolatilityBps,
      }),
      madeAt: ({ madeAt }) => new Date(madeAt).toISOString(),
      outcome: async (forecast, _, context) => {
        const known = await withOutcome(forecast, (id) => stored(context).load(id))
        if (known.returnBps === null) return null
        const direction = directionOf(known.returnBps)
        return {
          direction,
          returnBps: known.returnBps,
          correct: direction && known.direction && direction === known.direction,
          baselineCorrect: direction && known.baselineDirection && direction === known.baselineDirection,
          realisedVolatilityBps: known.realisedVolatilityBps,
        }
      },
    },
  }
}

function shownQuantiles(quantilesBps: readonly number[] | null) {
  return quantilesBps?.map((returnBps, i) => ({ level: QUANTILE_LEVELS[i]!, returnBps })) ?? null
}
