import { outboxRows } from '@opsource/bus'
import type { Page } from '@opsource/subgraph'
import type { Database, Transaction } from '../database.ts'
import { Prisma } from '../generated/prisma/client.ts'
import { predictionMade } from './events.ts'
import { type Forecast, isForecastId, type ScorePart, scoreOf } from './forecast.ts'

/** Two markets make 172,800 forecasts a day, about 50 MB with their indexes: two days are enough to look back on, scores stay. */
export const PREDICTION_RETENTION_MS = 48 * 3_600_000
/** Rows that one pruning deletes at most, so that it never holds up a tick; a minute brings 120. */
const MAX_PRUNED_ROWS = 5_000

/** The return that a forecast turned out to be about. */
export interface KnownOutcome {
  readonly forecast: Forecast
  readonly returnBps: number
}

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
      if (written.length > 0) await tx.outboxEvent.createMany({ data: outboxRows(written.map(predictionMade)) })
      if (outcomes.length > 0) await addOutcomes(tx, outcomes)
      return written
    })
  }

  /** @returns the market's forecasts, newest first, one more than the page holds where there are more. */
  async page(symbol: string, page: Pick<Page, 'first' | 'after'>): Promise<Forecast[]> {
    const before = page.after?.[0]
    const rows = await this.#database.prediction.findMany({
      where: { symbol, ...(before === undefined ? {} : { id: { lt: String(before) } }) },
      orderBy: { id: 'desc' },
      take: page.first + 1,
    })
    return rows.map(toForecast)
  }

  async byIds(ids: readonly string[]): Promise<Forecast[]> {
    const rows = await this.#database.prediction.findMany({ where: { id: { in: ids.filter(isForecastId) } } })
    return rows.map(toForecast)
  }

  /** Deletes forecasts made before `time`, in milliseconds; their scores stay. @returns how many. */
  async prune(time: number): Promise<number> {
    return this.#database.$executeRaw`
      DELETE FROM prediction WHERE id IN (
        SELECT id FROM prediction WHERE made_at < ${new Date(time)} LIMIT ${MAX_PRUNED_ROWS})`
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
  }))
  return (await tx.prediction.createManyAndReturn({ data, skipDuplicates: true })).map(toForecast)
}

async function addOutcomes(tx: Transaction, outcomes: readonly KnownOutcome[]): Promise<void> {
  const values = outcomes.map(({ forecast, returnBps }) => Prisma.sql`(${forecast.id}::text, ${returnBps}::float8)`)
  const updated = await tx.$queryRaw<{ id: string }[]>`
    UPDATE prediction SET return_bps = outcome.return_bps
    FROM (VALUES ${Prisma.join(values)}) AS outcome (id, return_bps)
    WHERE prediction.id = outcome.id AND prediction.return_bps IS NULL
    RETURNING prediction.id`
  const ids = new Set(updated.map(({ id }) => id))
  for (const { forecast, returnBps } of outcomes) {
    const part = ids.has(forecast.id) ? scoreOf({ ...forecast, returnBps }) : null
    if (part) await addScore(tx, forecast, part)
  }
}

async function addScore(tx: Transaction, { modelName, modelVersion }: Forecast, part: ScorePart): Promise<void> {
  await tx.score.update({
    where: { modelName_modelVersion: { modelName, modelVersion } },
    data: {
      count: { increment: 1 },
      hits: { increment: part.hit },
      brierSum: { increment: part.squaredError },
      baselineHits: { increment: part.baselineHit },
      baselineBrierSum: { increment: part.baselineSquaredError },
    },
  })
}

function toForecast(row: Prisma.PredictionGetPayload<object>): Forecast {
  return { ...row, tick: Number(row.tick), madeAt: row.madeAt.getTime() }
}
