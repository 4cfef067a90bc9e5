import { outboxRows } from '@opsource/bus'
import type { Page } from '@opsource/subgraph'
import type { Database, Transaction } from '../database.ts'
import { Prisma } from '../generated/prisma/client.ts'
import { predictionMade } from './events.ts'
import { type Forecast, isForecastId } from './forecast.ts'
import { HORIZONS, type Horizon } from './horizon.ts'
import { addToScores } from './score-store.ts'

/** Two markets make 172,800 forecasts a day: two days are enough to look back on, scores stay. */
export const PREDICTION_RETENTION_MS = 48 * 3_600_000
/** An hour's forecasts are few: 8,760 a year of one market. */
export const HOURLY_RETENTION_MS = 400 * 24 * 3_600_000
/** Rows that one pruning deletes at most, so that it never holds up a tick; a minute brings 120. */
const MAX_PRUNED_ROWS = 5_000
/** Forecasts that wait for an outcome and are read at once. */
const MAX_AWAITING = 1_000

/** The return that a forecast turned out to be about. */
export interface KnownOutcome {
  readonly forecast: Forecast
  readonly returnBps: number
  /** As it was measured within the horizon, by returns of shorter steps; not given where nobody measured. */
  readonly realisedVolatilityBps?: number
}

/**
 * Forecasts of all horizons, what came of them, and what their versions' scores add up to.
 *
 * Whoever forecasts calls `record(forecasts, outcomes)` with complete `Forecast`s: an id of `ports.ids.next('prd')`, `tick` the number of
 * the time step (`Math.floor(madeAt / stepMs)`; a market has one forecast a horizon and step), `horizonMs` of HORIZONS, `...directed(up)`
 * or nulls where the model knows no direction, `...keepVector(row, featureHash)`, `inSample`, and null for all that nothing gives.
 * What is returned was written; give that to `NewestForecasts.publish`. When a horizon has passed, give `{ forecast, returnBps,
 * realisedVolatilityBps? }` as outcomes; `awaiting` finds after a restart what has none yet.
 */
export class PredictionStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * Writes what a tick brought in one transaction: forecasts with their events, outcomes with their scores. What another instance wrote
   * first stays as it is.
   * @returns the forecasts that were written now.
   */
  async record(forecasts: readonly Forecast[], outcomes: readonly KnownOutcome[]): Promise<Forecast[]> {
    return this.#database.$transaction(async (tx) => {
      const written = forecasts.length === 0 ? [] : await insertForecasts(tx, forecasts)
      const events = written.flatMap((forecast) => predictionMade(forecast) ?? [])
      if (events.length > 0) await tx.outboxEvent.createMany({ data: outboxRows(events) })
      if (outcomes.length > 0) await addToScores(tx, await addOutcomes(tx, outcomes))
      return written
    })
  }

  /** @returns the market's forecasts over the horizon, newest first, one more than the page holds where there are more. */
  async page(symbol: string, horizon: Horizon, page: Pick<Page, 'first' | 'after'>): Promise<Forecast[]> {
    const before = page.after?.[0]
    const rows = await this.#database.prediction.findMany({
      where: {
        symbol,
        horizonMs: HORIZONS[horizon],
        ...(before === undefined ? {} : { id: { lt: String(before) } }),
      },
      orderBy: { id: 'desc' },
      take: page.first + 1,
    })
    return rows.map(toForecast)
  }

  /**
   * @returns the newest of the market's forecasts whose horizon has passed at `time`, in milliseconds, and that have no outcome yet,
   * newest first: the oldest that have none will never have one.
   */
  async awaiting(symbol: string, horizon: Horizon, time: number): Promise<Forecast[]> {
    const horizonMs = HORIZONS[horizon]
    const rows = await this.#database.prediction.findMany({
      where: { symbol, horizonMs, returnBps: null, madeAt: { lte: new Date(time - horizonMs) } },
      orderBy: { id: 'desc' },
      take: MAX_AWAITING,
    })
    return rows.map(toForecast)
  }

  async byIds(ids: readonly string[]): Promise<Forecast[]> {
    const rows = await this.#database.prediction.findMany({ where: { id: { in: ids.filter(isForecastId) } } })
    return rows.map(toForecast)
  }

  /** Deletes forecasts that are older at `now`, in milliseconds, than their horizon's are kept; their scores stay. @returns how many. */
  async prune(now: number): Promise<number> {
    return this.#database.$executeRaw`
      DELETE FROM prediction WHERE id IN (
        SELECT id FROM prediction
        WHERE made_at < ${new Date(now - PREDICTION_RETENTION_MS)}
          AND (horizon_ms < ${HORIZONS.H1} OR made_at < ${new Date(now - HOURLY_RETENTION_MS)})
        LIMIT ${MAX_PRUNED_ROWS})`
  }

  /** Rejects when the database cannot be reached. */
  async ping(): Promise<void> {
    await this.#database.$queryRaw`SELECT 1`
  }
}

async function insertForecasts(tx: Transaction, forecasts: readonly Forecast[]): Promise<Forecast[]> {
  const data = forecasts.map((forecast) => ({
    ...forecast,
    tick: BigInt(forecast.tick),
    madeAt: new Date(forecast.madeAt),
    quantilesBps: forecast.quantilesBps ?? [],
    baselineQuantilesBps: forecast.baselineQuantilesBps ?? [],
    vector: forecast.vector === null ? null : Uint8Array.from(Buffer.from(forecast.vector, 'base64')),
    vectorHash: forecast.vectorHash === null ? null : Uint8Array.from(Buffer.from(forecast.vectorHash, 'hex')),
    dataFrom: forecast.dataFrom === null ? null : new Date(forecast.dataFrom),
    dataTo: forecast.dataTo === null ? null : new Date(forecast.dataTo),
  }))
  return (await tx.prediction.createManyAndReturn({ data, skipDuplicates: true })).map(toForecast)
}

/** @returns the forecasts that have their outcome since now, with it. */
async function addOutcomes(tx: Transaction, outcomes: readonly KnownOutcome[]): Promise<Forecast[]> {
  const values = outcomes.map(
    ({ forecast, returnBps, realisedVolatilityBps = null }) =>
      Prisma.sql`(${forecast.id}::text, ${returnBps}::float8, ${realisedVolatilityBps}::float8)`,
  )
  const updated = await tx.$queryRaw<{ id: string }[]>`
    UPDATE prediction SET return_bps = outcome.return_bps, realised_volatility_bps = outcome.volatility_bps
    FROM (VALUES ${Prisma.join(values)}) AS outcome (id, return_bps, volatility_bps)
    WHERE prediction.id = outcome.id AND prediction.return_bps IS NULL
    RETURNING prediction.id`
  const ids = new Set(updated.map(({ id }) => id))
  return outcomes
    .filter(({ forecast }) => ids.has(forecast.id))
    .map(({ forecast, returnBps, realisedVolatilityBps = null }) => ({ ...forecast, returnBps, realisedVolatilityBps }))
}

const toMilliseconds = (date: Date | null) => date?.getTime() ?? null
const inOrder = (quantiles: number[]) => (quantiles.length === 0 ? null : quantiles)
const encoded = (bytes: Uint8Array | null, encoding: 'base64' | 'hex') => bytes && Buffer.from(bytes).toString(encoding)

function toForecast(row: Prisma.PredictionGetPayload<object>): Forecast {
  return {
    ...row,
    tick: Number(row.tick),
    madeAt: row.madeAt.getTime(),
    quantilesBps: inOrder(row.quantilesBps),
    baselineQuantilesBps: inOrder(row.baselineQuantilesBps),
    vector: encoded(row.vector, 'base64'),
    vectorHash: encoded(row.vectorHash, 'hex'),
    dataFrom: toMilliseconds(row.dataFrom),
    dataTo: toMilliseconds(row.dataTo),
  }
}
