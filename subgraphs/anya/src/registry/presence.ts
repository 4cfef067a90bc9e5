import type { Cache } from '@opsource/cache'
import type { VersionKey } from './store.ts'

/** How long a word of a version that runs is believed. It is said each second: one that comes late is no sign of a fall. */
const BELIEVED_MS = 5_000

/** Tells the other instances which versions run here, and hears whether a version runs anywhere. */
export class Presence {
  readonly #cache: Pick<Cache, 'get' | 'set'>
  readonly #silentMs: number
  /** By key: since when nobody says it, and until when that is known. */
  readonly #silence = new Map<string, { readonly since: number; readonly until: number }>()

  constructor(cache: Pick<Cache, 'get' | 'set'>, silentMs = BELIEVED_MS) {
    this.#cache = cache
    this.#silentMs = silentMs
  }

  /** To be said again before five seconds are over. Whoever does not hear it waits, so that it may be lost. */
  async tell(key: VersionKey): Promise<void> {
    await this.#cache.set(keyOf(key), '1', { ttlMs: BELIEVED_MS }).catch(() => {})
  }

  /**
   * Whether it runs on no instance, this one included. To be asked again and again: only when nobody has said it for five seconds more is
   * that a sign, as a cache may have come back empty. False where nobody can tell.
   */
  async isNowhere(key: VersionKey): Promise<boolean> {
    const name = keyOf(key)
    const isSilent = await this.#cache.get(name).then(
      (said) => said === null,
      () => false,
    )
    const now = performance.now()
    const before = this.#silence.get(name)
    if (!isSilent) {
      this.#silence.delete(name)
      return false
    }
    const since = before && now - before.until < BELIEVED_MS ? before.since : now
    this.#silence.set(name, { since, until: now })
    return now - since >= this.#silentMs
  }
}

const keyOf = ({ modelName, version }: VersionKey) => `anya:runs:${modelName}:${version}`
