import { createHash } from 'node:crypto'
import type { Clock } from '@opsource/kernel'
import type { Database, Transaction } from '../database.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import type { Signature } from '../inference/index.ts'
import { appendTransition, lockModel, UNHURRIED } from './alias-store.ts'
import { type Evaluation, evaluationSchema } from './evaluation.ts'
import { UnreadableVersion } from './integrity.ts'
import { type Manifest, manifestSchema, RELEASE } from './manifest.ts'
import { plainSignature, signatureSchema } from './signature.ts'

/** Versions that a model lists, newest first; older ones are found by what refers to them. */
export const MAX_LISTED_VERSIONS = 100
/** Models that the registry lists, by name, and beyond which no other is uploaded. */
export const MAX_LISTED_MODELS = 100

export interface RegisteredModel {
  readonly name: string
}

export interface VersionKey {
  readonly modelName: string
  readonly version: number
}

/** A version without its file and its evaluation. */
export interface RegisteredVersion extends VersionKey {
  readonly sha256: string
  readonly manifest: Manifest
  readonly signature: Signature
  /** A user's id; null for the platform itself. */
  readonly registeredBy: string | null
  readonly createdAt: Date
  /** When its file and evaluation were let go; null while they are kept. */
  readonly prunedAt: Date | null
}

/** A version as it can be loaded. */
export interface ServableVersion extends RegisteredVersion {
  readonly onnx: Uint8Array
}

/** What a registration brings beside the file and its manifest. */
export interface Registration {
  /** Without it a version is kept and never promoted, unless live forecasts in the shadow speak for it. */
  readonly evaluation?: Evaluation
  /** Unless told: `features` [rows, features] to `probability` [rows, 1]. */
  readonly signature?: Signature
  /** A user's id; null for the platform itself. */
  readonly by?: string | null
  readonly reason?: string
}

/** What could name a model. Anything else is unknown before PostgreSQL, which takes no NUL, is asked. */
export const isModelName = (text: string) => /^[\w.-]{1,64}$/.test(text)

export class RegistryStore {
  readonly #database: Database
  readonly #clock: Clock

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  /**
   * Registers a model as the next version of its line, in one transaction. It serves nobody before it is promoted. A file that the line
   * knows already changes nothing, unless it was let go: then it is there again. Throws where the file is not the one that the manifest names.
   */
  async register(
    onnx: Uint8Array<ArrayBuffer>,
    manifest: Manifest,
    registration: Registration = {},
  ): Promise<{ version: number; isNew: boolean }> {
    const hash = createHash('sha256').update(onnx).digest('hex')
    if (hash !== manifest.sha256)
      throw new Error(`the model file has sha256 ${hash}, its manifest names ${manifest.sha256}`)
    const { evaluation, signature = plainSignature(manifest.features.length), by = null } = registration
    const now = new Date(this.#clock.now())
    return this.#database.$transaction(async (tx) => {
      await tx.model.createMany({ data: { name: manifest.name }, skipDuplicates: true })
      // Two that register at once take turns, so that versions are numbered without a gap.
      await lockModel(tx, manifest.name)
      const modelName_sha256 = { modelName: manifest.name, sha256: hash }
      const select = { version: true, prunedAt: true }
      const known = await tx.modelVersion.findUnique({ where: { modelName_sha256 }, select })
      if (known) {
        const again = { onnx, prunedAt: null, ...(evaluation ? { evaluation: toJson(evaluation) } : {}) }
        if (known.prunedAt) await tx.modelVersion.update({ where: { modelName_sha256 }, data: again })
        return { version: known.version, isNew: false }
      }
      const version = await nextVersion(tx, manifest.name)
      const key = { modelName: manifest.name, version }
      const codeVersion = manifest.codeVersion ?? RELEASE
      const row = { ...key, sha256: hash, onnx, registeredBy: by, createdAt: now }
      await tx.modelVersion.create({
        data: {
          ...row,
          manifest: { ...manifest, codeVersion },
          signature: toJson(signature),
          ...(evaluation ? { evaluation: toJson(evaluation) } : {}),
        },
      })
      await appendTransition(tx, now, {
        modelName: manifest.name,
        action: 'REGISTERED',
        alias: null,
        fromVersion: manifest.parentVersion ?? null,
        toVersion: version,
        by,
        reason: registration.reason ?? manifest.recipe.candidate,
      })
      return { version, isNew: true }
    }, UNHURRIED)
  }

  /** @returns the version with its file, or null where there is none, or the file was let go. */
  async servable({ modelName, version }: VersionKey): Promise<ServableVersion | null> {
    if (!isModelName(modelName)) return null
    const row = await this.#database.modelVersion.findUnique({
      where: { modelName_version: { modelName, version } },
      omit: { evaluation: true },
    })
    return row?.onnx ? { ...toVersion(row), onnx: row.onnx } : null
  }

  /** @returns the line's baselines, newest first. */
  async rulesOf(modelName: string): Promise<number[]> {
    const rows = await this.#database.modelVersion.findMany({
      where: { modelName, manifest: { path: ['kind'], equals: 'RULE' } },
      select: { version: true },
      orderBy: { version: 'desc' },
      take: MAX_LISTED_VERSIONS,
    })
    return rows.map(({ version }) => version)
  }

  /** @returns what promotion is judged by, or null where the registration brought nothing. */
  async evaluation({ modelName, version }: VersionKey): Promise<Evaluation | null> {
    const row = await this.#database.modelVersion.findUnique({
      where: { modelName_version: { modelName, version } },
      select: { evaluation: true },
    })
    return row?.evaluation == null ? null : evaluationSchema.parse(row.evaluation)
  }

  models(): Promise<RegisteredModel[]> {
    return this.#database.model.findMany({ orderBy: { name: 'asc' }, take: MAX_LISTED_MODELS })
  }

  /** Whether a version may be uploaded to the line: it is there, or there is room for another. */
  async hasRoomFor(modelName: string): Promise<boolean> {
    const others = await this.#database.model.count({ where: { name: { not: modelName } } })
    return others < MAX_LISTED_MODELS || (await this.modelsByName([modelName])).length > 0
  }

  modelsByName(names: readonly string[]): Promise<RegisteredModel[]> {
    return this.#database.model.findMany({ where: { name: { in: names.filter(isModelName) } } })
  }

  /** @returns the newest versions of each model, newest first. */
  async versionsOf(modelName: string): Promise<RegisteredVersion[]> {
    const rows = await this.#database.modelVersion.findMany({
      where: { modelName },
      omit: { onnx: true, evaluation: true },
      orderBy: { version: 'desc' },
      take: MAX_LISTED_VERSIONS,
    })
    return rows.map(toVersion)
  }

  async versions(keys: readonly VersionKey[]): Promise<RegisteredVersion[]> {
    const rows = await this.#database.modelVersion.findMany({
      where: { OR: keys.map(({ modelName, version }) => ({ modelName, version })) },
      omit: { onnx: true, evaluation: true },
    })
    return rows.map(toVersion)
  }
}

async function nextVersion(tx: Transaction, modelName: string): Promise<number> {
  const { _max } = await tx.modelVersion.aggregate({ where: { modelName }, _max: { version: true } })
  return (_max.version ?? 0) + 1
}

/** As PostgreSQL keeps it: without what is undefined. */
const toJson = (value: Signature | Evaluation): Prisma.InputJsonObject => JSON.parse(JSON.stringify(value))

type VersionRow = Omit<Prisma.ModelVersionGetPayload<object>, 'onnx' | 'evaluation'>

function toVersion(row: VersionRow): RegisteredVersion {
  const { modelName, version, sha256, registeredBy, createdAt, prunedAt } = row
  const manifest = manifestSchema.safeParse(row.manifest)
  if (!manifest.success) throw new UnreadableVersion({ modelName, version })
  const given = row.signature ?? plainSignature(manifest.data.features.length)
  const signature = signatureSchema.safeParse(given)
  if (!signature.success) throw new UnreadableVersion({ modelName, version })
  const read = { manifest: manifest.data, signature: signature.data }
  return { modelName, version, sha256, ...read, registeredBy, createdAt, prunedAt }
}
