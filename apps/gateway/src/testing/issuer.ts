import { createSign, generateKeyPairSync, randomUUID } from 'node:crypto'
import type { Clock } from '@opsource/kernel'

/** Knows one API key, in the gateway's own tests. */
export const issuerSdl = `
type Query { me: User @authenticated }
type Mutation { exchangeApiKey(input: ExchangeApiKeyInput!): ExchangeApiKeyResult! @public }
input ExchangeApiKeyInput { apiKey: String! }
union ExchangeApiKeyResult = AccessTokenIssued | WrongCredentials
type AccessTokenIssued { accessToken: String! expiresAt: DateTime! }
type WrongCredentials { code: String! }
type User @key(fields: "id") @authenticated { id: ID! }
`

export const API_KEY = 'opk_test_key'

export interface TokenRequest {
  readonly userId?: string
  readonly sessionId?: string
  readonly scope?: string
  readonly roles?: readonly string[]
  readonly lifeMs?: number
  readonly audience?: string
}

/** Signs tokens as enterprise does. */
export class Issuer {
  readonly #clock: Clock
  readonly #keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
  readonly keyId = randomUUID()
  #stranger: Issuer | null = null
  exchanges = 0
  keyLifeMs = 900_000

  constructor(clock: Clock) {
    this.#clock = clock
  }

  jwks(): string {
    return JSON.stringify({
      keys: [{ ...this.#keys.publicKey.export({ format: 'jwk' }), kid: this.keyId, alg: 'RS256', use: 'sig' }],
    })
  }

  token({
    userId = 'usr_1',
    sessionId = 'ses_1',
    roles = ['TRADER'],
    scope = 'trade',
    lifeMs = 900_000,
    audience = 'opsource',
  }: TokenRequest = {}): string {
    const now = this.#clock.now() / 1000
    const claims = {
      ...this.claims(),
      sub: userId,
      sid: sessionId,
      roles,
      scope,
      aud: audience,
      exp: now + lifeMs / 1000,
    }
    return this.signed({ alg: 'RS256', typ: 'at+jwt', kid: this.keyId }, claims)
  }

  /** What a good token says. */
  claims() {
    const iat = Math.floor(this.#clock.now() / 1000)
    const who = { sub: 'usr_1', sid: 'ses_1', roles: ['TRADER'], scope: 'trade' }
    return { ...who, iss: 'opsource', aud: 'opsource', iat, exp: iat + 900 }
  }

  /** Anything, signed with the key that counts. */
  signed(header: object, claims: object): string {
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const signed = `${encode(header)}.${encode(claims)}`
    return `${signed}.${createSign('RSA-SHA256').update(signed).sign(this.#keys.privateKey, 'base64url')}`
  }

  publicPem(): string {
    return this.#keys.publicKey.export({ format: 'pem', type: 'spki' }).toString()
  }

  /** Another who signs, whom nobody believes. */
  get stranger(): Issuer {
    this.#stranger ??= new Issuer(this.#clock)
    return this.#stranger
  }

  exchange(apiKey: string) {
    this.exchanges++
    if (apiKey !== API_KEY) return { __typename: 'WrongCredentials', code: 'WRONG_CREDENTIALS' }
    const expiresAt = new Date(this.#clock.now() + this.keyLifeMs).toISOString()
    const accessToken = this.token({
      userId: 'usr_key',
      sessionId: `ses_key_${this.exchanges}`,
      lifeMs: this.keyLifeMs,
    })
    return { __typename: 'AccessTokenIssued', accessToken, expiresAt }
  }

  resolvers(): object {
    return {
      Query: {
        me: (_: unknown, __: unknown, { identity }: { identity: { userId: string } | null }) => ({
          id: identity?.userId,
        }),
      },
      Mutation: {
        exchangeApiKey: (_: unknown, { input }: { input: { apiKey: string } }) => this.exchange(input.apiKey),
      },
      User: { __resolveReference: ({ id }: { id: string }) => ({ id }) },
    }
  }
}
