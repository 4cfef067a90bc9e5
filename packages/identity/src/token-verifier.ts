import { type Clock, err, ok, type Result } from '@opsource/kernel'
import { errors, jwtVerify } from 'jose'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { type Identity, type Scope, scopesOf } from './identity.ts'
import { KeyRing } from './key-ring.ts'
import { Revocations } from './revocations.ts'
import { type DocumentSource, type Revocation, revocationListSchema } from './sources.ts'

export const ISSUER = 'opsource'
export const AUDIENCE = 'opsource'
export const TOKEN_TYPE = 'at+jwt'
export const ALGORITHM = 'RS256'
/** How far the clocks of two machines may differ: far less than the life of a token. */
export const CLOCK_TOLERANCE_S = 5
/** Longer than any access token may live: one that claims more was not made by our rules. */
export const MAX_TOKEN_LIFE_S = 3_600
/** A real token is about 1 kB; longer ones are not worth a signature check. */
const MAX_TOKEN_CHARACTERS = 8_192
/** About 1 kB each; a signature check costs more than everything else that a small request needs. */
const REMEMBERED_TOKENS = 10_000

/** Why a token does not count. `UNVERIFIABLE`: the signing keys cannot be had now. */
export type TokenFault = 'MALFORMED' | 'EXPIRED' | 'UNTRUSTED' | 'REVOKED' | 'UNVERIFIABLE'

export interface TokenVerifierOptions {
  /** The JWKS document. */
  readonly keys: DocumentSource
  /** The list of revocations that still matter. */
  readonly revocations: DocumentSource
  readonly clock: Clock
}

const claimsSchema = z.object({
  sub: z.string().min(1),
  sid: z.string().min(1),
  roles: z.array(z.enum(['TRADER', 'ANALYST', 'OPERATOR', 'ADMIN'])),
  scope: z.string(),
  iat: z.number().positive(),
  exp: z.number().positive(),
})

/** Tells whom an access token (RFC 9068) speaks for. Every service has its own and trusts no other's word. */
export class TokenVerifier {
  readonly #keys: KeyRing
  readonly #revocations: Revocations
  readonly #revocationSource: DocumentSource
  readonly #clock: Clock
  /** Tokens whose signature and claims held under the keys known now. */
  #verified = new LRUCache<string, Identity>({ max: REMEMBERED_TOKENS })
  #loaded = false

  constructor(options: TokenVerifierOptions) {
    this.#keys = new KeyRing(options.keys, options.clock, () => {
      this.#verified = new LRUCache({ max: REMEMBERED_TOKENS })
    })
    this.#revocations = new Revocations(options.clock)
    this.#revocationSource = options.revocations
    this.#clock = options.clock
  }

  /** Reads the keys and the revocations. Rejects where either cannot be had: without them a service must not say it is ready. */
  async load(): Promise<void> {
    const [list] = await Promise.all([this.#revocationSource(), this.#keys.load()])
    for (const revocation of revocationListSchema.parse(JSON.parse(list)).revocations) this.revoke(revocation)
    this.#loaded = true
  }

  /** Whether keys and revocations have been read once. Until then no token counts. */
  get loaded(): boolean {
    return this.#loaded
  }

  /** Takes effect at once, here. */
  revoke(revocation: Revocation): void {
    this.#revocations.add(revocation)
  }

  /** How many revocations are remembered. */
  get revocationCount(): number {
    return this.#revocations.size
  }

  /** @returns whom a token speaks for that was verified before and still holds; null where only a whole check can tell. */
  recall(token: string): Identity | null {
    const known = this.#verified.get(token)
    return known && this.stillCounts(known) && this.#isYoung(known) ? known : null
  }

  async verify(token: string): Promise<Result<Identity, TokenFault>> {
    if (token.length > MAX_TOKEN_CHARACTERS) return err('MALFORMED')
    // Near its end, and whenever anything else is amiss, the whole check gives the reason.
    const known = this.recall(token)
    if (known) return ok(known)
    try {
      if (!this.#loaded) await this.load()
      // Keys may be read again meanwhile: what the old ones verified is kept with the old ones.
      const verified = this.#verified
      const { payload } = await jwtVerify(token, this.#keys.keyOf, {
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        audience: AUDIENCE,
        typ: TOKEN_TYPE,
        clockTolerance: CLOCK_TOLERANCE_S,
        maxTokenAge: MAX_TOKEN_LIFE_S,
        requiredClaims: ['exp', 'iat', 'sub', 'sid'],
        currentDate: new Date(this.#clock.now()),
      })
      const identified = this.#identify(payload)
      if (identified.ok) verified.set(token, identified.value)
      return identified
    } catch (error) {
      return err(faultOf(error))
    }
  }

  /** Whether an identity verified earlier still counts: for what outlives a request, such as a subscription. */
  stillCounts(identity: Identity): boolean {
    return identity.expiresAt > this.#clock.now() && !this.#revocations.includes(identity)
  }

  #isYoung(identity: Identity): boolean {
    return this.#clock.now() < identity.issuedAt + MAX_TOKEN_LIFE_S * 1000
  }

  #identify(payload: unknown): Result<Identity, TokenFault> {
    const claims = claimsSchema.safeParse(payload)
    if (!claims.success) return err('MALFORMED')
    const { sub, sid, roles, scope, iat, exp } = claims.data
    const identity: Identity = {
      userId: sub,
      sessionId: sid,
      roles,
      scopes: grantedScopes(roles, scope),
      issuedAt: iat * 1000,
      expiresAt: exp * 1000,
    }
    return this.#revocations.includes(identity) ? err('REVOKED') : ok(identity)
  }
}

/** A token may carry fewer scopes than its roles allow, never more. */
function grantedScopes(roles: Identity['roles'], scope: string): Set<Scope> {
  const claimed = new Set(scope.split(' '))
  return new Set([...scopesOf(roles)].filter((allowed) => claimed.has(allowed)))
}

function faultOf(error: unknown): TokenFault {
  if (error instanceof errors.JWTExpired) return 'EXPIRED'
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid) return 'MALFORMED'
  return error instanceof errors.JOSEError ? 'UNTRUSTED' : 'UNVERIFIABLE'
}
