import type { InferenceEngine, ServedModel } from '../inference/index.ts'
import { DAMAGED, isIntact, UnreadableVersion } from './integrity.ts'
import type { ModelRegistry } from './model-registry.ts'
import type { ServingObserver } from './observe.ts'
import type { ServableVersion, VersionKey } from './store.ts'

/** A version that could not be loaded is tried again after this, in milliseconds. */
const RETRY_MS = 30_000

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
}

/** One loaded version that can be exchanged for another. */
export class Place {
  readonly #parts: PlaceParts
  #serving: Serving | null = null
  #failed: { readonly version: number; readonly at: number; readonly reason: string } | null = null

  constructor(parts: PlaceParts) {
    this.#parts = parts
  }

  get serving(): Serving | null {
    return this.#serving
  }

  /** Why the version that was tried last could not be loaded; null where it could. */
  get failure(): string | null {
    return this.#failed?.reason ?? null
  }

  /** Loads the version and lets it take the place; where it cannot be loaded, what was there stays. */
  async take(version: number, { isUrgent = false } = {}): Promise<void> {
    if (this.#serving?.model.version === version) return
    const failed = this.#failed
    if (!isUrgent && failed?.version === version && performance.now() - failed.at < RETRY_MS) return
    const next = await this.#load(version)
    if (typeof next === 'string') {
      this.#failed = { version, at: performance.now(), reason: next }
      this.#parts.observer.unloadable(this.#parts.modelName, version, next)
    } else {
      this.#failed = null
      await this.#replace(next)
    }
  }

  async leave(): Promise<void> {
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
