import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { Clock, IdSource } from '@opsource/kernel'
import { calculateJwkThumbprint, exportJWK } from 'jose'
import { appendAudit } from '../audit/index.ts'
import type { Database } from '../database.ts'
import { ACCESS_TOKEN_LIFE_MS, type Signer } from './access-token.ts'
import {
  lockSigningKeys,
  type PublicJwk,
  pruneSigningKeys,
  publicKeysSince,
  replaceSigningKey,
  type StoredSigningKey,
  signingKey,
} from './signing-key-store.ts'

const generate = promisify(generateKeyPair)
const RSA_BITS = 2048
/** NIST SP 800-57 allows a private signature key one to three years; a quarter keeps rotation in practice. */
const KEY_LIFE_MS = 90 * 86_400_000
/** How long an instance may sign on with a key that another instance has retired. */
const KEY_CACHE_MS = 60_000
/** A retired key is published until the last token signed with it has ended, with a minute for clocks that differ. */
const PUBLISHED_AFTER_RETIREMENT_MS = ACCESS_TOKEN_LIFE_MS + KEY_CACHE_MS + 60_000

/** The keys that sign access tokens. The newest signs; those before it stay published while tokens of theirs live. */
export class SigningKeys {
  readonly #database: Database
  readonly #clock: Clock
  readonly #ids: IdSource
  #signer: (Signer & { readonly readAt: number }) | undefined

  constructor(database: Database, clock: Clock, ids: IdSource) {
    this.#database = database
    this.#clock = clock
    this.#ids = ids
  }

  /** The key that signs now; makes the first, and the next where the newest is too old. */
  async current(): Promise<Signer> {
    const now = this.#clock.now()
    if (this.#signer && now - this.#signer.readAt < KEY_CACHE_MS) return this.#signer
    const stored = await signingKey(this.#database)
    const fresh = stored !== null && now - stored.createdAt.getTime() < KEY_LIFE_MS
    return this.#use(fresh ? stored : await this.#replace((newest) => newest === null || isOld(newest, now)))
  }

  /** Retires the key that signs. Tokens signed with it stay valid until they end. */
  async rotate(): Promise<Signer> {
    return this.#use(await this.#replace(() => true))
  }

  /** RFC 7517. */
  async jwks(): Promise<{ keys: (PublicJwk & { kid: string; alg: 'RS256'; use: 'sig' })[] }> {
    const keys = await publicKeysSince(this.#database, this.#publishedSince())
    return { keys: keys.map((key) => ({ ...key, alg: 'RS256', use: 'sig' })) }
  }

  async prune(): Promise<number> {
    return pruneSigningKeys(this.#database, this.#publishedSince())
  }

  #publishedSince(): Date {
    return new Date(this.#clock.now() - PUBLISHED_AFTER_RETIREMENT_MS)
  }

  #use({ kid, privateKey }: StoredSigningKey): Signer {
    this.#signer = { kid, privateKey: createPrivateKey(privateKey), readAt: this.#clock.now() }
    return this.#signer
  }

  async #replace(due: (newest: StoredSigningKey | null) => boolean): Promise<StoredSigningKey> {
    const made = await newKey(new Date(this.#clock.now()))
    return this.#database.$transaction(async (tx) => {
      await lockSigningKeys(tx)
      const newest = await signingKey(tx)
      if (newest !== null && !due(newest)) return newest
      await replaceSigningKey(tx, made)
      await appendAudit(tx, this.#ids, {
        actorId: null,
        action: 'signing_key.rotated',
        subject: made.kid,
        at: made.createdAt.getTime(),
      })
      return made
    })
  }
}

const isOld = (key: StoredSigningKey, now: number) => now - key.createdAt.getTime() >= KEY_LIFE_MS

async function newKey(createdAt: Date): Promise<StoredSigningKey> {
  const { publicKey, privateKey } = await generate('rsa', { modulusLength: RSA_BITS })
  const publicJwk = await publicJwkOf(publicKey)
  return {
    kid: await calculateJwkThumbprint(publicJwk),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicJwk,
    createdAt,
  }
}

async function publicJwkOf(key: KeyObject): Promise<PublicJwk> {
  const { n, e } = await exportJWK(key)
  if (n === undefined || e === undefined) throw new Error('an RSA key without modulus or exponent')
  return { kty: 'RSA', n, e }
}
