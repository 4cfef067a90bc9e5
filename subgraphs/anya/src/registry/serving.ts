import { setTimeout as sleep } from 'node:timers/promises'
import type { Ports } from '@opsource/subgraph'
import type { InferenceEngine, ServedModel } from '../inference/index.ts'
import { CHALLENGER, CHAMPION } from './history.ts'
import { ALIAS_CHANNEL, type ModelRegistry } from './model-registry.ts'
import type { ServableVersion } from './store.ts'

/** Where no word of a moved alias comes through, another instance serves on for at most this long, and the loading. */
const POLL_MS = 1_000
/** A version that could not be loaded is tried again after this, in milliseconds. */
const RETRY_MS = 30_000

/** A version with the threads that run it. */
export interface Serving {
  readonly model: ServableVersion
  readonly runner: ServedModel
}

export interface ServingParts {
  readonly registry: ModelRegistry
  readonly engine: Pick<InferenceEngine, 'load' | 'unload'>
  readonly ports: Pick<Ports, 'cache' | 'log'>
  readonly modelName: string
}

/**
 * Keeps loaded what `champion` and `challenger` of a line point to. Another version is loaded and warm before it takes the place of the
 * one before, which answers what it was asked: no request is dropped. A version that cannot be loaded leaves the one before in its place.
 */
export class ServedVersions {
  readonly #parts: ServingParts
  readonly #champion: Place
  readonly #challenger: Place
  #unsubscribe: (() => Promise<void>) | undefined
  #looking: Promise<void> = Promise.resolve()
  #stop = new AbortController()
  #polling: Promise<void> = Promise.resolve()

  constructor(parts: ServingParts) {
    this.#parts = parts
    this.#champion = new Place(parts)
    this.#challenger = new Place(parts)
  }

  /** Throws where the champion cannot be loaded. */
  async start(): Promise<void> {
    this.#unsubscribe = await this.#parts.ports.cache.subscribe(ALIAS_CHANNEL, (modelName) => {
      if (modelName === this.#parts.modelName) void this.look()
    })
    await this.#look()
    if (!this.#champion.serving) throw new Error(`no version of ${this.#parts.modelName} can be served`)
    this.#polling = this.#poll()
  }

  /** Whoever asks takes it once for all that belongs together. Throws before `start` has resolved. */
  champion(): Serving {
    if (!this.#champion.serving) throw new Error(`nothing serves ${this.#parts.modelName} yet`)
    return this.#champion.serving
  }

  /** @returns null where there is none, or where it serves already. */
  challenger(): Serving | null {
    return this.#challenger.serving
  }

  /** Takes what the aliases point to now; one look after another. */
  look(): Promise<void> {
    this.#looking = this.#looking
      .then(() => (this.#stop.signal.aborted ? undefined : this.#look()))
      .catch((error: unknown) => this.#parts.ports.log.error({ err: error }, 'the aliases of models cannot be read'))
    return this.#looking
  }

  /** Where `id` names the champion's threads, what served before serves again; a challenger leaves the shadow. */
  retreat(id: string, reason: string): void {
    const { registry, modelName, ports } = this.#parts
    const versionIn = ({ serving }: Place) =>
      serving && id === `${modelName} ${serving.model.version}` ? serving.model.version : null
    const [champion, challenger] = [versionIn(this.#champion), versionIn(this.#challenger)]
    const wish = { by: null, reason }
    // Other instances see the same fall, and this one sees the next before it has let go: the version is left once.
    const retreating =
      champion !== null
        ? registry.rollBack(modelName, null, wish, champion)
        : challenger !== null
          ? registry.deleteAlias(modelName, CHALLENGER, wish, challenger)
          : Promise.resolve()
    void retreating
      .then(() => this.look())
      .catch((error: unknown) => ports.log.error({ err: error, id }, 'a model that fails could not be replaced'))
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#unsubscribe?.()
    await this.#polling
    await this.#looking
    await Promise.all([this.#champion.leave(), this.#challenger.leave()])
  }

  async #poll(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      await sleep(POLL_MS, undefined, { signal }).catch(() => {})
      if (!signal.aborted) await this.look()
    }
  }

  async #look(): Promise<void> {
    const { registry, modelName } = this.#parts
    const aliases = new Map((await registry.aliases.of([modelName])).map(({ alias, version }) => [alias, version]))
    const champion = aliases.get(CHAMPION)
    if (champion !== undefined) await this.#champion.take(champion)
    const challenger = aliases.get(CHALLENGER)
    const isApart = challenger !== undefined && challenger !== this.#champion.serving?.model.version
    await (isApart ? this.#challenger.take(challenger) : this.#challenger.leave())
  }
}

/** One loaded version that can be exchanged for another. */
class Place {
  readonly #parts: ServingParts
  #serving: Serving | null = null
  #failed: { readonly version: number; readonly at: number } | null = null

  constructor(parts: ServingParts) {
    this.#parts = parts
  }

  get serving(): Serving | null {
    return this.#serving
  }

  async take(version: number): Promise<void> {
    if (this.#serving?.model.version === version) return
    if (this.#failed?.version === version && performance.now() - this.#failed.at < RETRY_MS) return
    const next = await this.#load(version)
    this.#failed = next ? null : { version, at: performance.now() }
    if (next) await this.#replace(next)
  }

  async leave(): Promise<void> {
    await this.#replace(null)
  }

  async #load(version: number): Promise<Serving | null> {
    const { registry, engine, ports, modelName } = this.#parts
    const model = await registry.store.servable({ modelName, version })
    const misfit = model ? registry.misfit(model) : 'there is no such version'
    if (!model || misfit !== null) {
      ports.log.error({ model: modelName, version, reason: misfit }, 'a version cannot be served')
      return null
    }
    const { onnx, signature } = model
    const loaded = await engine.load({ id: `${modelName} ${version}`, onnx, signature })
    if (loaded.ok) return { model, runner: loaded.value }
    ports.log.error({ model: modelName, version, reason: loaded.error }, 'a version cannot be loaded')
    return null
  }

  async #replace(next: Serving | null): Promise<void> {
    const before = this.#serving
    this.#serving = next
    if (before) await this.#parts.engine.unload(before.runner)
  }
}
