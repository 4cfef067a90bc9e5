import type { Identity, TokenVerifier } from '@opsource/identity'
import { err, ok, type Result } from '@opsource/kernel'
import type { GraphQLError } from 'graphql'
import { LRUCache } from 'lru-cache'
import { unauthenticated, unavailable } from '../errors.ts'
import { type ApiKeys, hashOf } from './api-keys.ts'
import { anonymous, type Caller } from './caller.ts'

const NO_LONGER_VALID = 'The access token is not valid, or no longer.'
const BEARER_SCHEME = /^bearer /i
/** RFC 9110 credentials: a scheme and one token. */
const CREDENTIALS = /^(bearer|apikey) +([^\s,]+)$/i

/** Headers in use at once, some 2 kB each. */
const MAX_KNOWN_HEADERS = 10_000

interface Bearer {
  readonly token: string
  readonly caller: Caller
}

/** Turns an `authorization` header into a caller. Every subgraph verifies the token again. */
export class Authentication {
  readonly #verifier: TokenVerifier
  readonly #apiKeys: ApiKeys
  /** By the whole header: what was read from it. Whether its token still holds is asked each time. */
  readonly #bearers = new LRUCache<string, Bearer>({ max: MAX_KNOWN_HEADERS })

  constructor(verifier: TokenVerifier, apiKeys: ApiKeys) {
    this.#verifier = verifier
    this.#apiKeys = apiKeys
  }

  /** @returns the caller where that can be told at once; null where it takes a check. */
  recall(header: string | undefined): Caller | null {
    if (header === undefined || header === '') return anonymous
    const known = this.#bearers.get(header)
    if (!known) return null
    // Another identity of the same token comes of another check, as with other keys: what was made of the one before is no more.
    return this.#verifier.recall(known.token) === known.caller.identity ? known.caller : null
  }

  /** No header is no fault; a header that does not hold is, even where the operation needs none. */
  async authenticate(header: string | undefined): Promise<Result<Caller, GraphQLError>> {
    if (header === undefined || header === '') return ok(anonymous)
    const [, scheme, secret] = CREDENTIALS.exec(header) ?? []
    if (scheme === undefined || secret === undefined)
      return err(unauthenticated('Send `Bearer` with an access token or `ApiKey` with a key.'))
    if (scheme.toLowerCase() !== 'bearer') return this.#apiKey(secret)
    const caller = await this.#bearer(secret)
    if (caller.ok) this.#bearers.set(header, { token: secret, caller: caller.value })
    return caller
  }

  /** Whether a caller's credentials still hold. An API key's token is renewed on the way. */
  async renew(header: string, caller: Caller): Promise<Result<Caller, GraphQLError>> {
    const stillCounts = caller.identity === null || this.#verifier.stillCounts(caller.identity)
    if (BEARER_SCHEME.test(header)) return stillCounts ? ok(caller) : err(unauthenticated(NO_LONGER_VALID))
    const renewed = await this.authenticate(header)
    const unknown = !renewed.ok && renewed.error.extensions.code === 'SUBGRAPH_UNAVAILABLE'
    return unknown && stillCounts ? ok(caller) : renewed
  }

  async #bearer(token: string): Promise<Result<Caller, GraphQLError>> {
    const verified = await this.#verifier.verify(token)
    if (verified.ok) return ok(callerOf(verified.value, token))
    return err(verified.error === 'UNVERIFIABLE' ? unavailable(this.#apiKeys.issuer) : unauthenticated(NO_LONGER_VALID))
  }

  async #apiKey(key: string): Promise<Result<Caller, GraphQLError>> {
    const first = await this.#apiKeys.exchange(key)
    if (!first.ok) return first
    const caller = await this.#bearer(first.value)
    if (caller.ok) return ok({ ...caller.value, apiKey: hashOf(key) })
    // The token kept for this key was revoked: the key itself may still hold.
    this.#apiKeys.forget(key)
    const second = await this.#apiKeys.exchange(key)
    if (!second.ok) return second
    const again = await this.#bearer(second.value)
    return again.ok ? ok({ ...again.value, apiKey: hashOf(key) }) : again
  }
}

function callerOf(identity: Identity, token: string): Caller {
  const authorization = `Bearer ${token}`
  return { identity, authorization: () => authorization }
}
