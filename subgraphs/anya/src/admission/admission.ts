import { createHash } from 'node:crypto'
import type { Cache } from '@opsource/cache'
import { err, ok, type Result } from '@opsource/kernel'
import { MAX_LISTED_MODELS, type Manifest, type RegisteredVersion, type RegistryStore } from '../registry/index.ts'
import { inspectModel } from './inspection.ts'
import type { Rejection } from './rejection.ts'
import type { TrialFigures, TrialRequest } from './trial.ts'
import { tryInProcess } from './trial-process.ts'
import { partSchema, readUpload, type UnreadableField, type Upload, unreadable } from './upload-input.ts'
import { UploadedParts } from './uploaded-parts.ts'

/** Each takes a core and some hundred megabytes for a second or two. */
const MAX_TRIALS = 1
/** Whoever comes beyond them would wait longer than the gateway does. */
const MAX_WAITING = 2
/** Of one user within a day: each is a version, and a line keeps what it was for good. */
const MAX_UPLOADS_OF_USER = 100
const DAY_MS = 86_400_000
/** Of a full batch of 64 rows: a forecast of all markets is made in one run each second, and others wait behind it. */
export const MAX_BATCH_MS = 25

interface Unreadable {
  readonly kind: 'UNREADABLE'
  readonly fault: UnreadableField
}

export type PartRefusal =
  | Unreadable
  | { readonly kind: 'AWAY' }
  | { readonly kind: 'TOO_MUCH'; readonly limitBytes: number }

export type UploadRefusal =
  | Unreadable
  | { readonly kind: 'REJECTED'; readonly rejection: Rejection }
  | { readonly kind: 'INCOMPLETE'; readonly missing: readonly number[] }
  | { readonly kind: 'BUSY' }
  /** How many there were, and what parts, is known to the cache, which does not answer. */
  | { readonly kind: 'AWAY' }
  /** The user has uploaded as many as may be within a day. */
  | { readonly kind: 'TOO_MANY_UPLOADS'; readonly limit: number }
  /** There are as many lines of models as may be, and this would be another. */
  | { readonly kind: 'TOO_MANY_LINES'; readonly limit: number }

export interface Admitted {
  readonly version: RegisteredVersion
  /** False where the line has the very file already. */
  readonly isNew: boolean
  readonly figures: TrialFigures
}

export interface PartAdded {
  readonly sha256: string
  readonly index: number
  readonly bytes: number
}

export interface AdmissionParts {
  readonly store: Pick<RegistryStore, 'register' | 'versions' | 'versionsOf' | 'hasRoomFor'>
  readonly cache: Cache
  readonly tryOut?: (request: TrialRequest) => Promise<Result<TrialFigures, Rejection>>
}

/** Lets models that were made elsewhere into the registry: read, inspected, tried; or refused, and nothing of them stays. */
export class ModelAdmission {
  readonly #store: AdmissionParts['store']
  readonly #tryOut: NonNullable<AdmissionParts['tryOut']>
  readonly #parts: UploadedParts
  readonly #cache: Cache
  /** By content, so that whoever sends the same again, because no answer came, waits for the first. */
  readonly #inHand = new Map<string, Promise<Result<Admitted, UploadRefusal>>>()
  #last: Promise<unknown> = Promise.resolve()

  constructor({ store, cache, tryOut = tryInProcess }: AdmissionParts) {
    this.#store = store
    this.#tryOut = tryOut
    this.#parts = new UploadedParts(cache)
    this.#cache = cache
  }

  /** Keeps a part of a file for a quarter of an hour. */
  async addPart(userId: string, input: unknown): Promise<Result<PartAdded, PartRefusal>> {
    const parsed = partSchema.safeParse(input)
    if (!parsed.success) return err({ kind: 'UNREADABLE', fault: unreadable(parsed.error) })
    const { sha256, index, base64 } = parsed.data
    const told = await heard(this.#parts.add({ userId, sha256 }, index, base64))
    if (!told.ok) return told
    const added = told.value
    return added.ok ? ok({ sha256, index, bytes: base64.length }) : err({ kind: 'TOO_MUCH', ...added.error })
  }

  /** Registers the model as the next version of its line, where nothing speaks against it. The same once more changes nothing. */
  async upload(userId: string, input: unknown): Promise<Result<Admitted, UploadRefusal>> {
    const read = readUpload(input)
    if (!read.ok) {
      return err('check' in read.error ? rejected(read.error) : { kind: 'UNREADABLE', fault: read.error })
    }
    const key = `${userId} ${hashOf(JSON.stringify(input))}`
    const known = this.#inHand.get(key)
    if (known) return known
    if (this.#inHand.size >= MAX_TRIALS + MAX_WAITING) return err({ kind: 'BUSY' })
    const admitted = this.#last.then(() => this.#admit(userId, read.value)).finally(() => this.#inHand.delete(key))
    this.#inHand.set(key, admitted)
    this.#last = admitted.catch(() => {})
    return admitted
  }

  async #admit(userId: string, upload: Upload): Promise<Result<Admitted, UploadRefusal>> {
    if (!(await this.#store.hasRoomFor(upload.model))) return err({ kind: 'TOO_MANY_LINES', limit: MAX_LISTED_MODELS })
    const file = await this.#fileOf(userId, upload)
    if (!file.ok) return file
    const onnx = file.value
    const inspected = inspectModel(onnx, upload.signature)
    if (!inspected.ok) return err(rejected(inspected.error))
    const { signature, sample, tolerance } = upload
    const trial = {
      onnx,
      signature,
      sample: sample.rows,
      expected: sample.expected,
      tolerance,
      maxBatchMs: MAX_BATCH_MS,
    }
    const tried = await this.#tryOut(trial)
    if (!tried.ok) return err(rejected(tried.error))
    const mayUpload = await heard(this.#mayUpload(userId))
    if (!mayUpload.ok) return mayUpload
    if (!mayUpload.value) return err({ kind: 'TOO_MANY_UPLOADS', limit: MAX_UPLOADS_OF_USER })
    const registered = await this.#register(userId, upload, onnx, tried.value)
    // It is registered, whatever becomes of its parts: those that are not forgotten now are within a quarter of an hour.
    if (upload.file.kind === 'PARTS') await heard(this.#parts.forget({ userId, ...upload.file }, upload.file.count))
    return ok({ ...registered, figures: tried.value })
  }

  async #fileOf(userId: string, { file }: Upload): Promise<Result<Uint8Array<ArrayBuffer>, UploadRefusal>> {
    if (file.kind === 'WHOLE') return ok(file.onnx)
    const told = await heard(this.#parts.join({ userId, sha256: file.sha256 }, file.count))
    if (!told.ok) return told
    const joined = told.value
    if (!joined.ok) return err({ kind: 'INCOMPLETE', missing: joined.error })
    if (hashOf(joined.value) === file.sha256) return joined
    return err(rejected({ check: 'FILE', message: `The ${file.count} parts together do not have that SHA-256.` }))
  }

  async #mayUpload(userId: string): Promise<boolean> {
    const key = `anya:model-uploads:${userId}`
    const today = await this.#cache.slide(key, { amount: 1, windowMs: DAY_MS })
    if (today <= MAX_UPLOADS_OF_USER) return true
    await this.#cache.slide(key, { amount: -1, windowMs: DAY_MS })
    return false
  }

  async #register(userId: string, upload: Upload, onnx: Uint8Array<ArrayBuffer>, figures: TrialFigures) {
    const { model, signature, features, known, horizonMs, trainedOn, seed, framework, tolerance } = upload
    const [before] = await this.#store.versionsOf(model)
    const manifest: Manifest = {
      name: model,
      sha256: hashOf(onnx),
      featureHash: known.hash,
      features,
      horizonMs,
      trainedOn: trainedOn ?? [],
      seed: seed ?? 0,
      recipe: { candidate: 'uploaded', parameters: { framework: framework ?? 'unknown', tolerance } },
      // What a line has to beat is the line's; a new one has nothing yet but an even chance.
      baseline: before?.manifest.baseline ?? { feature: features[0]!, coefficient: 0 },
      metrics: {
        'trial.difference': figures.difference,
        'trial.rowMs': figures.rowMs,
        'trial.batchMs': figures.batchMs,
      },
    }
    const registration = { signature, by: userId, reason: 'uploaded' }
    const { version, isNew } = await this.#store.register(onnx, manifest, registration)
    const [registered] = await this.#store.versions([{ modelName: model, version }])
    if (!registered) throw new Error(`${model} ${version} is gone`)
    return { version: registered, isNew }
  }
}

/** What the cache gives, or that it does not answer, which it logs itself. */
async function heard<T>(given: Promise<T>): Promise<Result<T, { readonly kind: 'AWAY' }>> {
  try {
    return ok(await given)
  } catch {
    return err({ kind: 'AWAY' })
  }
}

const hashOf = (content: Uint8Array | string) => createHash('sha256').update(content).digest('hex')

const rejected = (rejection: Rejection) => ({ kind: 'REJECTED', rejection }) as const
