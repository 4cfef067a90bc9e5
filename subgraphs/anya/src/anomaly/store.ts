import { outboxRows } from '@opsource/bus'
import type { Page } from '@opsource/subgraph'
import type { Database } from '../database.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { anomalyDetected } from './events.ts'
import { anomalySchema, type DetectedAnomaly, severitiesFrom } from './record.ts'

/** Some 300 rows a day and market. */
export const ANOMALY_RETENTION_MS = 30 * 86_400_000
/** Rows that one pruning deletes at most. */
const MAX_PRUNED_ROWS = 5_000
const ANOMALY_ID = /^ano_[0-9a-z]{1,64}$/

export const isAnomalyId = (id: unknown): id is string => typeof id === 'string' && ANOMALY_ID.test(id)

/** One market's, all markets', or the platform's own. */
export type AnomalyScope =
  | { readonly kind: 'MARKET'; readonly symbol: string }
  | { readonly kind: 'MARKETS' | 'PLATFORM' }

export class AnomalyStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * Writes anomalies and, of those that are at least MEDIUM, events in one transaction. What another instance has found in the same market at
   * the same second stays as it is.
   * @returns those that were written now.
   */
  async record(found: readonly DetectedAnomaly[]): Promise<DetectedAnomaly[]> {
    return this.#database.$transaction(async (tx) => {
      const data = found.map((anomaly) => ({ ...anomaly, detectedAt: new Date(anomaly.detectedAt) }))
      const rows = await tx.anomaly.createManyAndReturn({ data, skipDuplicates: true })
      const written = rows.map(toAnomaly)
      const alarming = written.filter(({ severity }) => severity !== 'LOW')
      if (alarming.length > 0) await tx.outboxEvent.createMany({ data: outboxRows(alarming.map(anomalyDetected)) })
      return written
    })
  }

  /** @returns newest first, one more than the page holds where there are more. */
  async page(
    scope: AnomalyScope,
    least: DetectedAnomaly['severity'],
    { first, after }: Pick<Page, 'first' | 'after'>,
  ): Promise<DetectedAnomaly[]> {
    const before = after?.[0]
    const rows = await this.#database.anomaly.findMany({
      where: {
        symbol: scope.kind === 'MARKET' ? scope.symbol : scope.kind === 'MARKETS' ? { not: null } : null,
        severity: { in: [...severitiesFrom(least)] },
        ...(before === undefined ? {} : { id: { lt: String(before) } }),
      },
      orderBy: { id: 'desc' },
      take: first + 1,
    })
    return rows.map(toAnomaly)
  }

  /** Those of markets; null for each that there is not. */
  async byIds(ids: readonly string[]): Promise<(DetectedAnomaly | null)[]> {
    const rows = await this.#database.anomaly.findMany({
      where: { id: { in: ids.filter(isAnomalyId) }, symbol: { not: null } },
    })
    const found = new Map(rows.map((row) => [row.id, toAnomaly(row)]))
    return ids.map((id) => found.get(id) ?? null)
  }

  /** Deletes what was found before `time`, in milliseconds. @returns how many. */
  async prune(time: number): Promise<number> {
    return this.#database.$executeRaw`
      DELETE FROM anomaly WHERE id IN (
        SELECT id FROM anomaly WHERE detected_at < ${new Date(time)} LIMIT ${MAX_PRUNED_ROWS})`
  }
}

const toAnomaly = (row: Prisma.AnomalyGetPayload<object>): DetectedAnomaly =>
  anomalySchema.parse({ ...row, detectedAt: row.detectedAt.getTime() })
