import type { Page } from '@opsource/subgraph'
import type { Database } from '../../database.ts'
import type { Prisma } from '../../generated/prisma/client.ts'
import { alertSchema, fingerprintOf, type SurveillanceAlert } from './alert.ts'

/** Long enough for an inquiry; an alert with its evidence is some 20 kB at most. */
export const ALERT_RETENTION_MS = 90 * 86_400_000
const MAX_PRUNED_ROWS = 1_000
const ALERT_ID = /^sal_[0-9a-z]{1,64}$/

export const isAlertId = (id: unknown): id is string => typeof id === 'string' && ALERT_ID.test(id)

export interface AlertFilter {
  readonly symbol: string | null
  readonly kind: SurveillanceAlert['kind'] | null
}

export class AlertStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** @returns whether it is new: nothing is written of what was told within the same ten minutes. */
  async record({ from, to, detectedAt, ...alert }: SurveillanceAlert): Promise<boolean> {
    const data = {
      ...alert,
      fingerprint: fingerprintOf({ ...alert, to }),
      startedAt: new Date(from),
      endedAt: new Date(to),
      detectedAt: new Date(detectedAt),
    }
    const { count } = await this.#database.surveillanceAlert.createMany({ data: [data], skipDuplicates: true })
    return count > 0
  }

  /** @returns newest first, one more than the page holds where there are more. */
  async page({ symbol, kind }: AlertFilter, { first, after }: Pick<Page, 'first' | 'after'>) {
    const before = after?.[0]
    const rows = await this.#database.surveillanceAlert.findMany({
      where: {
        ...(symbol === null ? {} : { symbol }),
        ...(kind === null ? {} : { kind }),
        ...(before === undefined ? {} : { id: { lt: String(before) } }),
      },
      orderBy: { id: 'desc' },
      take: first + 1,
    })
    return rows.map(toAlert)
  }

  /** Deletes what was told before `time`, in milliseconds. @returns how many. */
  async prune(time: number): Promise<number> {
    return this.#database.$executeRaw`
      DELETE FROM surveillance_alert WHERE id IN (
        SELECT id FROM surveillance_alert WHERE detected_at < ${new Date(time)} LIMIT ${MAX_PRUNED_ROWS})`
  }
}

function toAlert({ startedAt, endedAt, detectedAt, ...row }: Prisma.SurveillanceAlertGetPayload<object>) {
  const times = { from: startedAt.getTime(), to: endedAt.getTime(), detectedAt: detectedAt.getTime() }
  return alertSchema.parse({ ...row, ...times })
}
