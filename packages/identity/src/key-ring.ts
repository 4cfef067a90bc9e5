import type { Clock } from '@opsource/kernel'
import { createLocalJWKSet, errors, type JWSHeaderParameters, type JWTVerifyGetKey } from 'jose'
import { type DocumentSource, jwksSchema } from './sources.ts'

/** Tokens with made-up key ids must not turn into load on the signer. */
const MIN_RELOAD_INTERVAL_MS = 1_000

/** The signer's public keys, read again when a token names an unknown one: a rotation needs no restart. */
export class KeyRing {
  readonly #source: DocumentSource
  readonly #clock: Clock
  readonly #onChange: () => void
  #keys: JWTVerifyGetKey | undefined
  #known: ReadonlySet<string> = new Set()
  #attemptedAt = Number.NEGATIVE_INFINITY
  #loading: Promise<void> | undefined

  /** @param onChange hears of every reading: what was verified with a key that is gone no longer counts. */
  constructor(source: DocumentSource, clock: Clock, onChange: () => void) {
    this.#source = source
    this.#clock = clock
    this.#onChange = onChange
  }

  /** The key that jose asks for. Rejects where there is none of that id. */
  readonly keyOf: JWTVerifyGetKey = async (header, token) => {
    if (header.kid === undefined) throw new errors.JWKSNoMatchingKey()
    await this.#freshen(header)
    if (this.#keys === undefined) throw new Error('the signing keys are not known yet')
    return this.#keys(header, token)
  }

  /** Reads the keys now. Rejects where that fails; the keys known so far stay. */
  load(): Promise<void> {
    this.#attemptedAt = this.#clock.now()
    this.#loading ??= this.#read().finally(() => {
      this.#loading = undefined
    })
    return this.#loading
  }

  async #freshen(header: JWSHeaderParameters): Promise<void> {
    if (this.#known.has(header.kid ?? '')) return
    if (this.#loading !== undefined) return this.#loading
    if (this.#clock.now() - this.#attemptedAt >= MIN_RELOAD_INTERVAL_MS) await this.load()
  }

  async #read(): Promise<void> {
    const jwks = jwksSchema.parse(JSON.parse(await this.#source()))
    this.#keys = createLocalJWKSet(jwks)
    this.#known = new Set(jwks.keys.map((key) => key.kid))
    this.#onChange()
  }
}
