import { err, ok, type Result } from '@opsource/kernel'
import type { Page } from '@opsource/subgraph'
import { z } from 'zod'
import type { Database } from '../../database.ts'
import type { Prisma } from '../../generated/prisma/client.ts'
import type { TrainingInput } from '../recipe.ts'
import type { Progress } from '../run.ts'
import { type Failure, failureCodes, isRunId, type TrainingRun } from './training-run.ts'

/** Trainings that wait behind the one that runs: an hour or two of work. */
export const MAX_QUEUED = 8
/** Of one user, so that there is room for others. */
export const MAX_QUEUED_OF_USER = 4
/** Those that have ended and are kept to look back on. */
const MAX_KEPT_RUNS = 1_000

const numbers = z.record(z.string(), z.number())
/** Why no training was queued. */
export type QueueRefusal = 'QUEUE_FULL' | 'TOO_MANY_OF_USER'

const isActive = { status: { in: ['QUEUED', 'RUNNING'] } } satisfies Prisma.TrainingRunWhereInput

export class TrainingRunStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** @returns the run that now waits, or which limit it met. */
  async enqueue(
    id: string,
    input: TrainingInput,
    requestedBy: string,
    now: Date,
  ): Promise<Result<TrainingRun, QueueRefusal>> {
    return this.#database.$transaction(async (tx) => {
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('anya.training-queue'))`
      const waiting = await tx.trainingRun.findMany({ where: { status: 'QUEUED' }, select: { requestedBy: true } })
      if (waiting.length >= MAX_QUEUED) return err('QUEUE_FULL')
      if (waiting.filter((run) => run.requestedBy === requestedBy).length >= MAX_QUEUED_OF_USER)
        return err('TOO_MANY_OF_USER')
      const old = await tx.trainingRun.findMany({
        where: { NOT: isActive },
        orderBy: { id: 'desc' },
        skip: MAX_KEPT_RUNS,
        select: { id: true },
      })
      await tx.trainingRun.deleteMany({ where: { id: { in: old.map((run) => run.id) } } })
      const data = { id, ...input, status: 'QUEUED' as const, metrics: {}, requestedBy, createdAt: now }
      return ok(toRun(await tx.trainingRun.create({ data })))
    })
  }

  /**
   * Begins the run that a dead process left, or else the one that waits longest. Only whoever holds the trainer's lock may ask.
   * @returns null where there is nothing to do.
   */
  async claim(now: Date): Promise<TrainingRun | null> {
    const first = (status: 'RUNNING' | 'QUEUED') =>
      this.#database.trainingRun.findFirst({ where: { status }, orderBy: { id: 'asc' } })
    const found = (await first('RUNNING')) ?? (await first('QUEUED'))
    if (!found) return null
    const { count } = await this.#database.trainingRun.updateMany({
      where: { id: found.id, status: found.status },
      data: { status: 'RUNNING', attempts: { increment: 1 }, startedAt: found.startedAt ?? now },
    })
    return count === 0 ? this.claim(now) : this.find(found.id)
  }

  /** An attempt that ended in good order, as the platform stopped, does not count. */
  async release(id: string): Promise<void> {
    await this.#database.trainingRun.updateMany({
      where: { id, status: 'RUNNING', attempts: { gt: 0 } },
      data: { attempts: { decrement: 1 } },
    })
  }

  /** @returns false where the run does not run any more: it was cancelled. */
  async progress(id: string, { stage, fold, folds, percent, metrics }: Progress): Promise<boolean> {
    return this.#whileRunning(id, { stage, fold, folds, percent, metrics })
  }

  /** From now on it cannot be cancelled. @returns false where it was before. */
  async beginRegistering(id: string): Promise<boolean> {
    return this.#whileRunning(id, { stage: 'REGISTER', fold: null, percent: 99 })
  }

  async succeed(id: string, modelVersion: number, now: Date): Promise<void> {
    await this.#whileRunning(id, { status: 'SUCCEEDED', percent: 100, modelVersion, endedAt: now })
  }

  async fail(id: string, { code, message }: Failure, now: Date): Promise<void> {
    await this.#whileRunning(id, { status: 'FAILED', failureCode: code, failureMessage: message, endedAt: now })
  }

  /** @returns false where there was nothing left to cancel. */
  async cancel(id: string, now: Date): Promise<boolean> {
    const { count } = await this.#database.trainingRun.updateMany({
      where: { id, ...isActive, OR: [{ stage: null }, { stage: { not: 'REGISTER' } }] },
      data: { status: 'CANCELLED', endedAt: now },
    })
    return count > 0
  }

  /** Writes down how long its processes have run. @returns false where the run does not run any more: it was cancelled. */
  async spend(id: string, spentMs: number): Promise<boolean> {
    return this.#whileRunning(id, { spentMs })
  }

  async find(id: string): Promise<TrainingRun | null> {
    const row = isRunId(id) ? await this.#database.trainingRun.findUnique({ where: { id } }) : null
    return row && toRun(row)
  }

  /** @returns which of the ids are of runs that have not ended. */
  async active(ids: readonly string[]): Promise<Set<string>> {
    const where = { id: { in: ids.filter(isRunId) }, ...isActive }
    return new Set((await this.#database.trainingRun.findMany({ where, select: { id: true } })).map(({ id }) => id))
  }

  /** @returns runs, newest first, one more than the page holds where there are more. */
  async page({ first, after }: Pick<Page, 'first' | 'after'>): Promise<TrainingRun[]> {
    const before = after?.[0]
    const rows = await this.#database.trainingRun.findMany({
      where: before === undefined ? {} : { id: { lt: String(before) } },
      orderBy: { id: 'desc' },
      take: first + 1,
    })
    return rows.map(toRun)
  }

  async #whileRunning(id: string, data: Prisma.TrainingRunUpdateManyMutationInput): Promise<boolean> {
    return (await this.#database.trainingRun.updateMany({ where: { id, status: 'RUNNING' }, data })).count > 0
  }
}

function toRun({ failureCode, failureMessage, parameters, metrics, ...row }: Prisma.TrainingRunGetPayload<object>) {
  const failure =
    failureCode === null ? null : { code: z.enum(failureCodes).parse(failureCode), message: failureMessage ?? '' }
  return {
    ...row,
    failure,
    parameters: numbers.parse(parameters),
    metrics: numbers.parse(metrics),
  } satisfies TrainingRun
}
