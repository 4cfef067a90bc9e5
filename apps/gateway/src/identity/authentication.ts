import type { Identity, TokenVerifier } from '@opsource/identity'
import { err, ok, type Result } from '@opsource/kernel'
import type { GraphQLError } from 'graphql'
import { unauthenticated, unavailable } from '../errors.ts'
import { type ApiKeys, hashOf } from './api-keys.ts'
import { anonymous, type Caller } from './caller.ts'

const NO_LONGER_VALID = 'The access token is not valid, or no longer.'
const BEARER_SCHEME = /^bearer /i
/** RFC 9110 credentials: a scheme and one token. */
const CREDENTIALS = /^(bearer|apikey) +([^\s,]+)$/i

/** Turns an `authorization` header into a caller. Every subgraph verifies the token again. */
export class Authentication {
  readonly #verifier: TokenVerifier
  readonly #apiKeys: ApiKeys

  constructor(verifier: TokenVerifier, apiKeys: ApiKeys) {
    this.#verifier = verifier
    this.#apiKeys = apiKeys
  }

  /** No header is no fault; a header that does not hold is, even where the operation needs none. */
  async authenticate(header: string | undefined): Promise<Result<Caller, GraphQLError>> {
    if (header === undefined || header === '') return ok(anonymous)
    const [, scheme, secret] = CREDENTIALS.exec(header) ?? []
    if (scheme === undefined || secret === undefined)
      return err(unauthenticated('Send `Bearer` with an access token or `ApiKey` with a key.'))
    return scheme.toLowerCase() === 'bearer' ? this.#bearer(secret) : this.#apiKey(secret)
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
