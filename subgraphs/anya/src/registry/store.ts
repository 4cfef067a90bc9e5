import { createHash } from 'node:crypto'
import type { Clock } from '@opsource/kernel'
import type { Database, Transaction } from '../database.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { type Manifest, manifestSchema } from './manifest.ts'

/** Versions that a model lists, newest first; older ones are found by what refers to them. */
const MAX_LISTED_VERSIONS = 100
/** Models that the registry lists, by name. */
const MAX_LISTED_MODELS = 100

export interface RegisteredModel {
  readonly name: string
  readonly championVersion: number | null
}

export interface VersionKey {
  readonly modelName: string
  readonly version: number
}

/** A version without its file. */
export interface RegisteredVersion extends VersionKey {
  readonly sha256: string
  readonly manifest: Manifest
  readonly createdAt: Date
}

/** Sums over the scored forecasts of a version. */
export interface ScoreSums {
  readonly count: number
  readonly hits: number
  readonly brierSum: number
  readonly baselineHits: number
  readonly baselineBrierSum: number
}

/** What could name a model. Anything else is unknown before PostgreSQL, which takes no NUL, is asked. */
const isModelName = (text: string) => /^[\w.-]{1,64}$/.test(text)

export class RegistryStore {
  readonly #database: Database
  readonly #clock: Clock

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  /**
   * Registers a trained model as the next version of its line and lets it serve. A file that is known already changes nothing.
   * Throws where the file is not the one that the manifest names.
   */
  async register(onnx: Uint8Array<ArrayBuffer>, manifest: Manifest): Promise<{ version: number; isNew: boolean }> {
    const hash = createHash('sha256').update(onnx).digest('hex')
    if (hash !== manifest.sha256)
      throw new Error(`the model file has sha256 ${hash}, its manifest names ${manifest.sha256}`)
    return this.#database.$transaction(async (tx) => {
      await tx.model.createMany({ data: { name: manifest.name }, skipDuplicates: true })
      // Two that register at once take turns, so that versions are numbered without a gap.
      await tx.$queryRaw`SELECT 1 FROM model WHERE name = ${manifest.name} FOR UPDATE`
      const known = await tx.modelVersion.findUnique({ where: { sha256: hash }, select: { version: true } })
      if (known) return { version: known.version, isNew: false }
      const version = await nextVersion(tx, manifest.name)
      const key = { modelName: manifest.name, version }
      await tx.modelVersion.create({
        data: { ...key, sha256: hash, onnx, manifest, createdAt: new Date(this.#clock.now()) },
      })
      await tx.score.create({ data: { modelName: manifest.name, modelVersion: version } })
      await tx.model.update({ where: { name: manifest.name }, data: { championVersion: version } })
      return { version, isNew: true }
    })
  }

  /** Lets a registered version serve from the next start on. */
  async promote({ modelName, version }: VersionKey): Promise<void> {
    await this.#database.model.update({ where: { name: modelName }, data: { championVersion: version } })
  }

  /** @returns the version that serves with its file, or null where there is none. */
  async champion(modelName: string): Promise<(RegisteredVersion & { readonly onnx: Uint8Array }) | null> {
    const model = await this.#database.model.findUnique({ where: { name: modelName } })
    if (model?.championVersion == null) return null
    const row = await this.#database.modelVersion.findUniqueOrThrow({
      where: { modelName_version: { modelName, version: model.championVersion } },
    })
    return { ...toVersion(row), onnx: row.onnx }
  }

  models(): Promise<RegisteredModel[]> {
    return this.#database.model.findMany({ orderBy: { name: 'asc' }, take: MAX_LISTED_MODELS })
  }

  modelsByName(names: readonly string[]): Promise<RegisteredModel[]> {
    return this.#database.model.findMany({ where: { name: { in: names.filter(isModelName) } } })
  }

  /** @returns the newest versions of each model, newest first. */
  async versionsOf(modelName: string): Promise<RegisteredVersion[]> {
    const rows = await this.#database.modelVersion.findMany({
      where: { modelName },
      omit: { onnx: true },
      orderBy: { version: 'desc' },
      take: MAX_LISTED_VERSIONS,
    })
    return rows.map(toVersion)
  }

  async versions(keys: readonly VersionKey[]): Promise<RegisteredVersion[]> {
    const rows = await this.#database.modelVersion.findMany({
      where: { OR: keys.map(({ modelName, version }) => ({ modelName, version })) },
      omit: { onnx: true },
    })
    return rows.map(toVersion)
  }

  async scores(keys: readonly VersionKey[]): Promise<(VersionKey & ScoreSums)[]> {
    const rows = await this.#database.score.findMany({
      where: { OR: keys.map(({ modelName, version }) => ({ modelName, modelVersion: version })) },
    })
    return rows.map(({ modelName, modelVersion, count, hits, baselineHits, ...sums }) => ({
      modelName,
      version: modelVersion,
      count: Number(count),
      hits: Number(hits),
      baselineHits: Number(baselineHits),
      ...sums,
    }))
  }
}

async function nextVersion(tx: Transaction, modelName: string): Promise<number> {
  const { _max } = await tx.modelVersion.aggregate({ where: { modelName }, _max: { version: true } })
  return (_max.version ?? 0) + 1
}

type VersionRow = Omit<Prisma.ModelVersionGetPayload<object>, 'onnx'>

function toVersion({ modelName, version, sha256, manifest, createdAt }: VersionRow): RegisteredVersion {
  return { modelName, version, sha256, manifest: manifestSchema.parse(manifest), createdAt }
}
