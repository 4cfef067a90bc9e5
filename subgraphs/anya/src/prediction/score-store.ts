import type { Database, Transaction } from '../database.ts'
import { Prisma } from '../generated/prisma/client.ts'
import type { VersionKey } from '../registry/index.ts'
import type { Forecast } from './forecast.ts'
import { type TrackSums, trackSumsSchema, withOutcome } from './track-record.ts'

/** The symbol of the sums over all markets. */
export const ALL_MARKETS = ''

export interface RecordKey extends VersionKey {
  /** ALL_MARKETS or one. */
  readonly symbol: string
  readonly horizonMs: number
}

const textOf = ({ modelName, version, symbol, horizonMs }: RecordKey) =>
  `${modelName} ${version} ${symbol} ${horizonMs}`

/** Adds forecasts whose outcome became known in this transaction, in order of time, to the sums of their market and of all. */
export async function addToScores(tx: Transaction, forecasts: readonly Forecast[]): Promise<void> {
  const changes = new Map<string, { key: RecordKey; forecasts: Forecast[] }>()
  for (const forecast of [...forecasts].sort((a, b) => a.madeAt - b.madeAt)) {
    for (const symbol of [ALL_MARKETS, forecast.symbol]) {
      const { modelName, modelVersion: version, horizonMs } = forecast
      const key = { modelName, version, symbol, horizonMs }
      const change = changes.get(textOf(key)) ?? { key, forecasts: [] }
      change.forecasts.push(forecast)
      changes.set(textOf(key), change)
    }
  }
  if (changes.size === 0) return
  // In one order everywhere, so that two instances wait for each other and never both.
  const sorted = [...changes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, change]) => change)
  const known = await lockedSums(
    tx,
    sorted.map(({ key }) => key),
  )
  const rows = sorted.map(({ key, forecasts }) => {
    const sums = forecasts.reduce(withOutcome, known.get(textOf(key)) ?? trackSumsSchema.parse({}))
    return Prisma.sql`(${key.modelName}, ${key.version}::int, ${key.symbol}, ${key.horizonMs}::int, ${JSON.stringify(sums)}::jsonb)`
  })
  await tx.$executeRaw`
    UPDATE score SET sums = changed.sums
    FROM (VALUES ${Prisma.join(rows)}) AS changed (model_name, model_version, symbol, horizon_ms, sums)
    WHERE score.model_name = changed.model_name AND score.model_version = changed.model_version
      AND score.symbol = changed.symbol AND score.horizon_ms = changed.horizon_ms`
}

async function lockedSums(tx: Transaction, keys: readonly RecordKey[]): Promise<Map<string, TrackSums>> {
  const known = await lockRows(tx, keys)
  const missing = keys.filter((key) => !known.has(textOf(key)))
  if (missing.length === 0) return known
  const data = missing.map(({ version, ...key }) => ({ ...key, modelVersion: version, sums: {} }))
  await tx.score.createMany({ data, skipDuplicates: true })
  return lockRows(tx, keys)
}

async function lockRows(tx: Transaction, keys: readonly RecordKey[]): Promise<Map<string, TrackSums>> {
  const wanted = keys.map(
    ({ modelName, version, symbol, horizonMs }) =>
      Prisma.sql`(${modelName}, ${version}::int, ${symbol}, ${horizonMs}::int)`,
  )
  const rows = await tx.$queryRaw<ScoreRow[]>`
    SELECT model_name AS "modelName", model_version AS "version", symbol, horizon_ms AS "horizonMs", sums FROM score
    WHERE (model_name, model_version, symbol, horizon_ms) IN (${Prisma.join(wanted)})
    ORDER BY model_name, model_version, symbol, horizon_ms FOR UPDATE`
  return new Map(rows.map(({ sums, ...key }) => [textOf(key), trackSumsSchema.parse(sums)]))
}

interface ScoreRow extends RecordKey {
  readonly sums: unknown
}

/** @returns the sums of each key that has any, in no order. */
export async function readScores(
  database: Database,
  keys: readonly RecordKey[],
): Promise<{ key: RecordKey; sums: TrackSums }[]> {
  const rows = await database.score.findMany({
    where: { OR: keys.map(({ version, ...key }) => ({ ...key, modelVersion: version })) },
  })
  return rows.map(({ modelVersion, sums, ...key }) => ({
    key: { ...key, version: modelVersion },
    sums: trackSumsSchema.parse(sums),
  }))
}
