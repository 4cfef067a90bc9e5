import { fault, perRequest, type SubgraphContext } from '@opsource/subgraph'
import DataLoader from 'dataloader'
import type { Database } from '../database.ts'
import type { Resolvers } from '../generated/graphql.ts'
import {
  CHAMPION,
  isModelName,
  type ModelRegistry,
  type RegisteredVersion,
  type VersionLoader,
} from '../registry/index.ts'
import { findHorizon, HORIZONS, type Horizon } from './horizon.ts'
import { comparabilityOf, testOf } from './rivalry.ts'
import { ALL_MARKETS, type RecordKey, readScores } from './score-store.ts'
import { figuresOf, scoreOf } from './track-figures.ts'
import { type TrackSums, trackSumsSchema } from './track-record.ts'

/** What a version's forecasts of one market, or of all, add up to. */
export interface TrackRecord {
  readonly version: RegisteredVersion
  /** ALL_MARKETS or one. */
  readonly symbol: string
  readonly horizon: Horizon
  readonly sums: TrackSums
}

export interface RecordReading {
  readonly database: Database
  readonly aliases: Pick<ModelRegistry['aliases'], 'version'>
  readonly versions: VersionLoader
  /** Whether the market is one that is forecast. */
  readonly knows: (symbol: string) => boolean
}

const textOf = ({ modelName, version, symbol, horizonMs }: RecordKey) =>
  JSON.stringify([modelName, version, symbol, horizonMs])
const NOTHING = trackSumsSchema.parse({})
const timeOf = (time: number | null) => (time === null ? null : new Date(time).toISOString())

export function recordResolvers({
  database,
  aliases,
  versions,
  knows,
}: RecordReading): Pick<Resolvers, 'Query' | 'ModelVersion' | 'PredictionTrackRecord'> {
  const sums = perRequest(() => {
    const load = async (keys: readonly RecordKey[]) => {
      const found = new Map((await readScores(database, keys)).map(({ key, sums }) => [textOf(key), sums]))
      return keys.map((key) => found.get(textOf(key)) ?? NOTHING)
    }
    return new DataLoader(load, { cacheKeyFn: textOf })
  })
  const checked = (market: string | null | undefined): string => {
    if (market == null) return ALL_MARKETS
    if (!knows(market)) throw fault('BAD_USER_INPUT', 'There is no such market.')
    return market
  }
  const recordOf = async (
    version: RegisteredVersion,
    symbol: string,
    asked: Horizon | null,
    context: SubgraphContext,
  ): Promise<TrackRecord | null> => {
    const horizon = asked ?? findHorizon(version.manifest.horizonMs)
    if (!horizon) return null
    const key = { modelName: version.modelName, version: version.version, symbol, horizonMs: HORIZONS[horizon] }
    return { version, symbol, horizon, sums: await sums(context).load(key) }
  }
  return {
    Query: {
      predictionTrackRecord: async (_, { model, version, market, horizon }, context) => {
        const symbol = checked(market)
        if (!isModelName(model)) return null
        const number = version ?? (await aliases.version(model, CHAMPION))
        const found = number === null ? null : await versions(context).load({ modelName: model, version: number })
        return found && recordOf(found, symbol, horizon ?? null, context)
      },
    },
    ModelVersion: {
      score: async ({ modelName, version, manifest: { horizonMs } }, _, context) =>
        scoreOf(await sums(context).load({ modelName, version, symbol: ALL_MARKETS, horizonMs })),
      trackRecord: (version, { market }, context) => recordOf(version, checked(market), null, context),
    },
    PredictionTrackRecord: {
      modelVersion: ({ version }) => version,
      market: ({ symbol }) => (symbol === ALL_MARKETS ? null : { symbol }),
      scored: ({ sums: { forecast } }) => forecast.count,
      inSample: ({ sums: { inSample } }) => inSample,
      unmoved: ({ sums: { unmoved } }) => unmoved,
      since: ({ sums: { since } }) => timeOf(since),
      until: ({ sums: { until } }) => timeOf(until),
      forecast: ({ sums }) => figuresOf(sums.forecast, sums),
      baseline: ({ sums }) => figuresOf(sums.baseline, sums),
      comparison: ({ sums: { rivalry } }) => testOf(rivalry),
      comparisonStatus: ({ sums: { rivalry } }) => comparabilityOf(rivalry),
    },
  }
}
