import type { Cache } from '@opsource/cache'
import type { VersionKey } from './store.ts'

/** How long a word of a version that runs is believed. Several looks long: one that comes late is no sign of a fall. */
const BELIEVED_MS = 5_000

/** Tells the other instances which versions run here, and hears whether a version runs anywhere. */
export class Presence {
  readonly #cache: Pick<Cache, 'get' | 'set'>

  constructor(cache: Pick<Cache, 'get' | 'set'>) {
    this.#cache = cache
  }

  /** To be said again before five seconds are over. Whoever does not hear it waits, so that it may be lost. */
  async tell(key: VersionKey): Promise<void> {
    await this.#cache.set(keyOf(key), '1', { ttlMs: BELIEVED_MS }).catch(() => {})
  }

  /** Whether some instance, this one included, ran it within the last five seconds; null where nobody can tell. */
  async isSomewhere(key: VersionKey): Promise<boolean | null> {
    return this.#cache.get(keyOf(key)).then(
      (said) => said !== null,
      () => null,
    )
  }
}

const keyOf = ({ modelName, version }: VersionKey) => `anya:runs:${modelName}:${version}`
