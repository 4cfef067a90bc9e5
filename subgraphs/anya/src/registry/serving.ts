import { setTimeout as sleep } from 'node:timers/promises'
import type { Ports } from '@opsource/subgraph'
import { CHALLENGER, CHAMPION } from './history.ts'
import { ALIAS_CHANNEL, type ModelRegistry } from './model-registry.ts'
import { Place, type PlaceParts, type Serving } from './place.ts'

/** Where no word of a moved alias comes through, another instance serves on for at most this long, and the loading. */
const POLL_MS = 1_000

export interface ServingParts extends PlaceParts {
  readonly registry: ModelRegistry
  readonly ports: Pick<Ports, 'cache'>
}

/**
 * Keeps loaded what `champion` and `challenger` of a line point to. Another version is loaded and warm before it takes the place of the
 * one before, which answers what it was asked: no request is dropped. A version that cannot be loaded leaves the one before in its place;
 * where there is none, at a start, the platform itself goes back to what served before it, or to the line's rule.
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

  /** Throws where neither the champion, nor what served before it, nor the line's rule can be loaded. */
  async start(): Promise<void> {
    this.#unsubscribe = await this.#parts.ports.cache.subscribe(ALIAS_CHANNEL, (modelName) => {
      if (modelName === this.#parts.modelName) void this.look()
    })
    await this.#look()
    if (!this.#champion.serving) await this.#fallBack()
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
      .catch((error: unknown) => this.#parts.observer.faltered(error, 'the aliases of models cannot be read'))
    return this.#looking
  }

  /** Where `id` names the champion's threads, what served before serves again; a challenger leaves the shadow. */
  retreat(id: string, reason: string): void {
    void this.#retreat(id, reason)
      .then(() => this.look())
      .catch((error: unknown) => this.#parts.observer.faltered(error, 'a model that fails could not be replaced'))
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

  async #retreat(id: string, reason: string): Promise<void> {
    const { registry, modelName, observer } = this.#parts
    const versionIn = ({ serving }: Place) =>
      serving && id === `${modelName} ${serving.model.version}` ? serving.model.version : null
    const [champion, challenger] = [versionIn(this.#champion), versionIn(this.#challenger)]
    const wish = { by: null, reason }
    // Other instances see the same fall, and this one sees the next before it has let go: the version is left once.
    if (champion !== null) {
      const left = await registry.rollBack(modelName, null, wish, champion)
      if (left.kind === 'ROLLED_BACK') observer.retreated(modelName, champion, left.transition.toVersion, reason)
    } else if (challenger !== null) await registry.deleteAlias(modelName, CHALLENGER, wish, challenger)
  }

  /** At a start nothing is there to go on with. What can be loaded serves, and the history says why. */
  async #fallBack(): Promise<void> {
    const { registry, modelName, observer } = this.#parts
    const champion = await registry.aliases.version(modelName, CHAMPION)
    if (champion === null) return
    // A machine that is busy with its own start may have been too slow: others may serve what is left here.
    await this.#champion.take(champion, { isUrgent: true })
    if (this.#champion.serving) return
    const reason = `The platform cannot load version ${champion}: ${this.#champion.failure}`
    for (const version of await registry.fallbacks(modelName, champion)) {
      await this.#champion.take(version, { isUrgent: true })
      if (!this.#champion.serving) continue
      const left = await registry.fallBack(modelName, version, reason, champion)
      if (left.kind === 'ROLLED_BACK') observer.retreated(modelName, champion, version, reason)
      return this.#look()
    }
  }
}
