import type { KeyObject } from 'node:crypto'
import { ALGORITHM, AUDIENCE, ISSUER, type Role, scopesOf, TOKEN_TYPE } from '@opsource/identity'
import jwt from 'jsonwebtoken'

/** Short, because scopes in a token outlive a change of roles for as long as it lives. */
export const ACCESS_TOKEN_LIFE_MS = 15 * 60_000

export interface Signer {
  readonly kid: string
  readonly privateKey: KeyObject
}

export interface AccessToken {
  readonly token: string
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number
}

/** Signs a JWT access token (RFC 9068, RS256). `iat` carries milliseconds as a fraction, so that a revocation in the same second hits the right tokens. */
export function signAccessToken(
  signer: Signer,
  holder: { userId: string; sessionId: string; roles: readonly Role[] },
  now: number,
): AccessToken {
  const expiresAt = (Math.floor(now / 1000) + ACCESS_TOKEN_LIFE_MS / 1000) * 1000
  const claims = {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: holder.userId,
    sid: holder.sessionId,
    roles: holder.roles,
    scope: [...scopesOf(holder.roles)].sort().join(' '),
    iat: now / 1000,
    exp: expiresAt / 1000,
  }
  const token = jwt.sign(claims, signer.privateKey, {
    algorithm: ALGORITHM,
    header: { alg: ALGORITHM, typ: TOKEN_TYPE, kid: signer.kid },
  })
  return { token, expiresAt }
}
