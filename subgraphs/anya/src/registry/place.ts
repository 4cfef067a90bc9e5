import type { InferenceEngine, ServedModel } from '../inference/index.ts'
import { DAMAGED, isIntact, UnreadableVersion } from './integrity.ts'
import type { ModelRegistry } from './model-registry.ts'
import type { ServingObserver } from './observe.ts'
import type { ServableVersion, VersionKey } from './store.ts'

/** A version that could not be loaded is tried again after this, in milliseconds; the first time sooner, as the machine may only have been busy. */
const RETRY_MS = 30_000
const FIRST_RETRY_MS = 10_000
/** One that fell again and again may have fallen with its machine: it is tried again, and not at once. */
const REST_MS = 300_000
/** Loaded in vain so often, it is not the moment's fault. */
const MAX_TRIES = 2

/** A version with the threads that run it. */
export interface Serving {
  readonly model: ServableVersion
  readonly runner: ServedModel
}

export interface PlaceParts {
  readonly registry: Pick<ModelRegistry, 'store' | 'misfit'>
  readonly engine: Pick<InferenceEngine, 'load' | 'unload'>
  readonly observer: ServingObserver
  readonly modelName: string
  /** Files that came with the release, by SHA-256: they serve where the same file is damaged in the database. */
  readonly spares?: ReadonlyMap<string, Uint8Array>
  /** Milliseconds before a version that could not be loaded is tried again; 10 s, then 30 s, unless told. */
  readonly retryMs?: number
}

/** Why a version does not run here. */
export interface Failure {
  readonly version: number
  readonly reason: string
  /** `LOAD`: it could not be loaded; `CRASH`: it lost its thread again and again. */
  readonly kind: 'LOAD' | 'CRASH'
  /** Loads in vain. */
  readonly tries: number
  readonly nextTryAt: number
}

/** One loaded version that can be exchanged for another. */
export class Place {
  readonly #parts: PlaceParts
  #serving: Serving | null = null
  /** What was taken last. */
  #wanted: number | null = null
  /** By version: of the one that is wanted, and of those that stood in for it. */
  readonly #failures = new Map<number, Failure>()
  /** For which another version was looked for. */
  #standsInFor: Failure | null = null

  constructor(parts: PlaceParts) {
    this.#parts = parts
  }

  get serving(): Serving | null {
    return this.#serving
  }

  /** Why the version does not run here; null where nothing is known against it. */
  failureOf(version: number): Failure | null {
    return this.#failures.get(version) ?? null
  }

  /** Whether it is more than a bad moment that the version does not run here. */
  isHopeless(version: number): boolean {
    const failure = this.failureOf(version)
    return failure !== null && (failure.kind === 'CRASH' || failure.tries >= MAX_TRIES)
  }

  /** Loads the version and lets it take the place; where it cannot be loaded, what was there stays. One named anew is tried anew. */
  async take(version: number, { isUrgent = false } = {}): Promise<void> {
    if (version !== this.#wanted) this.#failures.clear()
    this.#wanted = version
    const failure = this.failureOf(version)
    const isResting = failure !== null && performance.now() < failure.nextTryAt
    if (this.#serving?.model.version === version) {
      if (!isResting) this.#failures.delete(version)
      return
    }
    if (isResting && !isUrgent) return
    const next = await this.#load(version)
    if (typeof next === 'string') {
      const { retryMs } = this.#parts
      const tries = (failure?.tries ?? 0) + 1
      const wait = retryMs ?? (tries === 1 ? FIRST_RETRY_MS : RETRY_MS)
      const nextTryAt = performance.now() + wait
      this.#failures.set(version, { version, reason: next, kind: 'LOAD', tries, nextTryAt })
      this.#parts.observer.unloadable(this.#parts.modelName, version, next)
    } else {
      this.#failures.delete(version)
      await this.#replace(next)
    }
  }

  /** Nothing is asked of the version any more, until it is tried again in five minutes. */
  giveUp(version: number, reason: string): void {
    const nextTryAt = performance.now() + REST_MS
    this.#failures.set(version, { version, reason, kind: 'CRASH', tries: 0, nextTryAt })
  }

  /**
   * Lets the first that can be loaded take the place of a version that does not run here, once for each time that it failed, or that what
   * stood in for it did.
   */
  async standIn(failure: Failure, others: readonly number[]): Promise<void> {
    const { version, reason } = failure
    const cause = (this.#serving && this.failureOf(this.#serving.model.version)) ?? failure
    if (this.#standsInFor === cause) return
    this.#standsInFor = cause
    for (const other of others.filter((each) => !this.#failures.has(each))) {
      const next = await this.#load(other)
      if (typeof next === 'string') {
        this.#parts.observer.unloadable(this.#parts.modelName, other, next)
        continue
      }
      this.#parts.observer.stoodIn(this.#parts.modelName, version, other, reason)
      return this.#replace(next)
    }
  }

  /** Nothing is loaded, and what is known against the version that was is kept. */
  async pause(): Promise<void> {
    await this.#replace(null)
  }

  /** Nothing is loaded, as nothing is wanted. */
  async leave(): Promise<void> {
    this.#wanted = null
    this.#failures.clear()
    await this.#replace(null)
  }

  #load(version: number): Promise<Serving | string> {
    return loadVersion(this.#parts, { modelName: this.#parts.modelName, version }, (stored) => this.#whole(stored))
  }

  #whole(stored: ServableVersion): ServableVersion | null {
    if (isIntact(stored)) return stored
    const onnx = this.#parts.spares?.get(stored.sha256)
    if (!onnx) return null
    this.#parts.observer.restored(stored.modelName, stored.version)
    return { ...stored, onnx }
  }

  async #replace(next: Serving | null): Promise<void> {
    const before = this.#serving
    this.#serving = next
    if (before) await this.#parts.engine.unload(before.runner)
  }
}

/**
 * Loads a version where it is whole and fits its line.
 * @param wholeOf the version with a file as it was registered; null where there is none.
 * @returns why it cannot be loaded, where it cannot. Rejects where the database cannot be read.
 */
export async function loadVersion(
  { registry, engine }: Pick<PlaceParts, 'registry' | 'engine'>,
  key: VersionKey,
  wholeOf = (stored: ServableVersion) => (isIntact(stored) ? stored : null),
): Promise<Serving | string> {
  const stored = await storedVersion(registry, key)
  if (typeof stored === 'string') return stored
  const model = wholeOf(stored)
  if (!model) return DAMAGED
  const misfit = registry.misfit(model)
  if (misfit !== null) return misfit
  const { onnx, signature } = model
  const loaded = await engine.load({ id: `${key.modelName} ${key.version}`, onnx, signature })
  if (loaded.ok) return { model, runner: loaded.value }
  return loaded.error.kind === 'NOT_LOADABLE' ? loaded.error.message : `It is not loaded: ${loaded.error.kind}.`
}

async function storedVersion(registry: PlaceParts['registry'], key: VersionKey): Promise<ServableVersion | string> {
  try {
    return (await registry.store.servable(key)) ?? 'There is no such version, or its file was let go.'
  } catch (error) {
    if (error instanceof UnreadableVersion) return 'What was registered of it cannot be read.'
    throw error
  }
}
