import { setTimeout as sleep } from 'node:timers/promises'
import type { Ports } from '@opsource/subgraph'
import { CHALLENGER, CHAMPION } from './history.ts'
import { ALIAS_CHANNEL, type ModelRegistry } from './model-registry.ts'
import { type Failure, Place, type PlaceParts, type Serving } from './place.ts'
import { Presence } from './presence.ts'

/** Where no word of a moved alias comes through, another instance serves on for at most this long, and the loading. So often is said what runs. */
const POLL_MS = 1_000

export interface ServingParts extends PlaceParts {
  readonly registry: ModelRegistry
  readonly ports: { readonly cache: Pick<Ports['cache'], 'get' | 'set' | 'subscribe'> }
  /** Milliseconds for which nobody has to say that it runs a version before that runs nowhere; 5 s unless told. */
  readonly silentMs?: number
}

/**
 * Keeps loaded what `champion` and `challenger` of a line point to. Another version is loaded and warm before it takes the place of the
 * one before, which answers what it was asked: no request is dropped.
 *
 * For a champion that does not run here, because it cannot be loaded or falls again and again, another version stands in, on this instance
 * alone: what served before it, or the line's rule. The alias moves, for all, where it runs on no other instance either.
 */
export class ServedVersions {
  readonly #parts: ServingParts
  readonly #champion: Place
  readonly #challenger: Place
  readonly #presence: Presence
  #unsubscribe: (() => Promise<void>) | undefined
  #looking: Promise<void> = Promise.resolve()
  #stop = new AbortController()
  #polling: Promise<void> = Promise.resolve()
  #telling: NodeJS.Timeout | undefined

  constructor(parts: ServingParts) {
    this.#parts = parts
    this.#champion = new Place(parts)
    this.#challenger = new Place(parts)
    this.#presence = new Presence(parts.ports.cache, parts.silentMs)
  }

  /** Throws where neither the champion, nor what served before it, nor the line's rule can be loaded. */
  async start(): Promise<void> {
    this.#unsubscribe = await this.#parts.ports.cache.subscribe(ALIAS_CHANNEL, (modelName) => {
      if (modelName === this.#parts.modelName) void this.look()
    })
    await this.#look()
    // A machine that is busy with its own start may have been too slow.
    if (!this.#champion.serving) await this.#look({ isUrgent: true })
    if (!this.#champion.serving) throw new Error(`no version of ${this.#parts.modelName} can be served`)
    this.#polling = this.#poll()
    // Not with each look, which takes as long as a version loads.
    this.#telling = setInterval(() => this.#tell(), POLL_MS)
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

  /** Where `id` names the champion's threads, another version stands in; a challenger leaves the shadow. */
  retreat(id: string, reason: string): void {
    for (const place of [this.#champion, this.#challenger]) {
      const version = place.serving?.model.version
      if (version !== undefined && id === `${this.#parts.modelName} ${version}`) place.giveUp(version, reason)
    }
    void this.look()
  }

  async close(): Promise<void> {
    this.#stop.abort()
    clearInterval(this.#telling)
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

  async #look({ isUrgent = false } = {}): Promise<void> {
    const { registry, modelName } = this.#parts
    const aliases = new Map((await registry.aliases.of([modelName])).map(({ alias, version }) => [alias, version]))
    const champion = aliases.get(CHAMPION)
    if (champion !== undefined) await this.#serve(champion, isUrgent)
    const challenger = aliases.get(CHALLENGER)
    const isApart = challenger !== undefined && challenger !== this.#champion.serving?.model.version
    await (isApart ? this.#shadow(challenger) : this.#challenger.leave())
    this.#tell()
  }

  /** Nobody waits for it: a cache that is away takes seconds to say so. */
  #tell(): void {
    for (const place of [this.#champion, this.#challenger]) {
      const version = place.serving?.model.version
      if (version === undefined || place.failureOf(version)) continue
      void this.#presence.tell({ modelName: this.#parts.modelName, version })
    }
  }

  async #serve(version: number, isUrgent: boolean): Promise<void> {
    const { registry, modelName } = this.#parts
    const place = this.#champion
    await place.take(version, { isUrgent })
    const failure = place.failureOf(version)
    if (!failure) return
    if (!place.serving || place.failureOf(place.serving.model.version))
      await place.standIn(failure, await registry.fallbacks(modelName, version))
    const standIn = place.serving?.model.version
    // What falls itself is not what all others should go to.
    if (standIn !== undefined && !place.failureOf(standIn) && place.isHopeless(version))
      await this.#leave(failure, standIn)
  }

  /** Moves the alias where the version runs nowhere: what stands in for it here serves everywhere, and the history says why. */
  async #leave({ version, kind, reason }: Failure, standIn: number): Promise<void> {
    const { registry, modelName, observer } = this.#parts
    if (!(await this.#presence.isNowhere({ modelName, version }))) return
    const said = kind === 'LOAD' ? `The platform cannot load version ${version}: ${reason}` : reason
    // Another instance, or a person, may have left it meanwhile: the version is left once.
    const left = await registry.fallBack(modelName, standIn, said, version)
    if (left.kind === 'ROLLED_BACK') observer.retreated(modelName, version, standIn, said)
  }

  async #shadow(version: number): Promise<void> {
    const { registry, modelName } = this.#parts
    await this.#challenger.take(version)
    const failure = this.#challenger.failureOf(version)
    if (failure?.kind !== 'CRASH') return
    await this.#challenger.pause()
    if (await this.#presence.isNowhere({ modelName, version }))
      await registry.deleteAlias(modelName, CHALLENGER, { by: null, reason: failure.reason }, version)
  }
}
