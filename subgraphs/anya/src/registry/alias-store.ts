import { newEvent, outboxRows } from '@opsource/bus'
import type { Clock } from '@opsource/kernel'
import { z } from 'zod'
import type { Database, Transaction } from '../database.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import {
  CHALLENGER,
  CHAMPION,
  type GateCheck,
  gateCheckSchema,
  type Transition,
  type TransitionDraft,
} from './history.ts'
import type { VersionKey } from './store.ts'

/** Aliases of a model: all are listed, those that serve among them. */
const MAX_ALIASES = 100
/** Tags that a version lists. */
const MAX_LISTED_TAGS = 100
/** Milliseconds. What took minutes to train, or a person decided, waits for its turn, unlike a tick. */
export const UNHURRIED = { maxWait: 30_000, timeout: 30_000 }
const checksSchema = z.array(gateCheckSchema)

export interface Alias {
  readonly modelName: string
  readonly alias: string
  readonly version: number
  readonly setAt: Date
}

export interface Tag {
  readonly key: string
  readonly value: string
}

/** Why an alias was not moved: it points to another version than whoever decided had seen. */
export interface Overtaken {
  readonly kind: 'OVERTAKEN'
  readonly version: number | null
}

/** Why a new alias was not set: the model has as many as it may. */
export interface TooManyAliases {
  readonly kind: 'TOO_MANY'
}

/** Why an alias was not set: the version's file was let go. */
export interface Pruned {
  readonly kind: 'PRUNED'
}

/** Names that serve: there is always room for them. */
const SERVING: readonly string[] = [CHAMPION, CHALLENGER]

/** Names of versions that can be moved, with the history of their moves, and remarks on versions. */
export class AliasStore {
  readonly #database: Database
  readonly #clock: Clock

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  async of(modelNames: readonly string[]): Promise<Alias[]> {
    return this.#database.modelAlias.findMany({
      where: { modelName: { in: [...modelNames] } },
      orderBy: { alias: 'asc' },
      take: MAX_ALIASES * Math.max(1, modelNames.length),
    })
  }

  /** @returns the version that the alias points to, or null. */
  async version(modelName: string, alias: string): Promise<number | null> {
    const row = await this.#database.modelAlias.findUnique({ where: { modelName_alias: { modelName, alias } } })
    return row?.version ?? null
  }

  /**
   * Moves an alias and writes down the move, both or neither. `expected` is the version that whoever decided saw there: where another
   * move came first, nothing is moved.
   */
  async move(
    draft: TransitionDraft & { readonly alias: string; readonly toVersion: number },
    expected?: number | null,
  ): Promise<Transition | Overtaken | TooManyAliases | Pruned> {
    const { modelName, alias, toVersion: version } = draft
    return this.#database.$transaction(async (tx) => {
      await lockModel(tx, modelName)
      const modelName_alias = { modelName, alias }
      const current = (await tx.modelAlias.findUnique({ where: { modelName_alias } }))?.version ?? null
      if (expected !== undefined && current !== expected) return { kind: 'OVERTAKEN', version: current }
      if (current === null && !SERVING.includes(alias) && (await hasAllItMay(tx, modelName)))
        return { kind: 'TOO_MANY' }
      const modelName_version = { modelName, version }
      const target = await tx.modelVersion.findUnique({ where: { modelName_version }, select: { prunedAt: true } })
      if (target?.prunedAt) return { kind: 'PRUNED' }
      const setAt = new Date(this.#clock.now())
      await tx.modelAlias.upsert({
        where: { modelName_alias },
        create: { modelName, alias, version, setAt },
        update: { version, setAt },
      })
      const transition = await appendTransition(tx, setAt, { ...draft, fromVersion: current })
      await tx.outboxEvent.createMany({ data: outboxRows([aliasChanged(transition)]) })
      return transition
    }, UNHURRIED)
  }

  /** @returns null where there was no such alias, or where it pointed to another version than `expected`. */
  async remove(draft: TransitionDraft & { readonly alias: string }, expected?: number): Promise<Transition | null> {
    const { modelName, alias } = draft
    return this.#database.$transaction(async (tx) => {
      await lockModel(tx, modelName)
      const modelName_alias = { modelName, alias }
      const known = await tx.modelAlias.findUnique({ where: { modelName_alias } })
      if (!known || (expected !== undefined && known.version !== expected)) return null
      await tx.modelAlias.delete({ where: { modelName_alias } })
      const at = new Date(this.#clock.now())
      const transition = await appendTransition(tx, at, { ...draft, fromVersion: known.version, toVersion: null })
      await tx.outboxEvent.createMany({ data: outboxRows([aliasChanged(transition)]) })
      return transition
    }, UNHURRIED)
  }

  /** Writes down what moved nothing: a refusal. */
  async note(draft: TransitionDraft): Promise<Transition> {
    return this.#database.$transaction((tx) => appendTransition(tx, new Date(this.#clock.now()), draft))
  }

  /** @returns the model's history, newest first. */
  async history(
    modelName: string,
    { before = null, limit }: { readonly before?: bigint | null; readonly limit: number },
  ): Promise<Transition[]> {
    const rows = await this.#database.modelTransition.findMany({
      where: { modelName, ...(before === null ? {} : { position: { lt: before } }) },
      orderBy: { position: 'desc' },
      take: limit,
    })
    return rows.map(toTransition)
  }

  /** @returns the alias's newest moves, oldest first. */
  async moves(modelName: string, alias: string, limit: number): Promise<Transition[]> {
    const rows = await this.#database.modelTransition.findMany({
      where: { modelName, alias, action: { not: 'REFUSED' } },
      orderBy: { position: 'desc' },
      take: limit,
    })
    return rows.map(toTransition).reverse()
  }

  /** Whether the gate has looked at the version. */
  async wasJudged({ modelName, version }: VersionKey): Promise<boolean> {
    const judged = { modelName, toVersion: version, action: { in: ['PROMOTED' as const, 'REFUSED' as const] } }
    return (await this.#database.modelTransition.count({ where: judged })) > 0
  }

  async tags(keys: readonly VersionKey[]): Promise<(VersionKey & Tag)[]> {
    return this.#database.modelVersionTag.findMany({
      where: { OR: keys.map(({ modelName, version }) => ({ modelName, version })) },
      orderBy: { key: 'asc' },
      take: MAX_LISTED_TAGS * Math.max(1, keys.length),
    })
  }

  /** @returns false where the version has as many tags as it may. */
  async setTag({ modelName, version }: VersionKey, { key, value }: Tag): Promise<boolean> {
    return this.#database.$transaction(async (tx) => {
      await lockModel(tx, modelName)
      const others = await tx.modelVersionTag.count({ where: { modelName, version, key: { not: key } } })
      if (others >= MAX_LISTED_TAGS) return false
      await tx.modelVersionTag.upsert({
        where: { modelName_version_key: { modelName, version, key } },
        create: { modelName, version, key, value },
        update: { value },
      })
      return true
    })
  }

  async deleteTag({ modelName, version }: VersionKey, key: string): Promise<void> {
    await this.#database.modelVersionTag.deleteMany({ where: { modelName, version, key } })
  }
}

/** Whoever changes something of a model takes turns with the others. */
export async function lockModel(tx: Transaction, modelName: string): Promise<void> {
  await tx.$queryRaw`SELECT 1 FROM model WHERE name = ${modelName} FOR UPDATE`
}

async function hasAllItMay(tx: Transaction, modelName: string): Promise<boolean> {
  const others = { modelName, alias: { notIn: [...SERVING] } }
  return (await tx.modelAlias.count({ where: others })) >= MAX_ALIASES - SERVING.length
}

export async function appendTransition(tx: Transaction, at: Date, draft: TransitionDraft): Promise<Transition> {
  const { checks, ...row } = draft
  return toTransition(
    await tx.modelTransition.create({ data: { ...row, at, ...(checks ? { checks: toJson(checks) } : {}) } }),
  )
}

function aliasChanged({ position, modelName, alias, fromVersion, toVersion, action, by, reason, at }: Transition) {
  if (action === 'REGISTERED' || action === 'REFUSED') throw new Error(`${action} moves no alias`)
  const data = {
    model: modelName,
    alias: alias ?? '',
    action,
    fromVersion,
    toVersion,
    changedBy: by,
    reason,
    changedAt: at.toISOString(),
  }
  const origin = { source: 'anya', id: `mdl_${position}`, time: at.getTime(), subject: modelName } as const
  return newEvent('model.alias-changed', data, origin)
}

const toJson = (checks: readonly GateCheck[]): Prisma.InputJsonArray => JSON.parse(JSON.stringify(checks))

function toTransition(row: Prisma.ModelTransitionGetPayload<object>): Transition {
  return { ...row, checks: row.checks === null ? null : checksSchema.parse(row.checks) }
}
