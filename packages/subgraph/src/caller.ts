import { bearerToken, type Identity, type TokenVerifier } from '@opsource/identity'
import { fault } from './errors.ts'

/** Whom the request speaks for; null without a token. Throws UNAUTHENTICATED for a token that does not count, whatever is asked. */
export async function identify(
  headers: Readonly<Record<string, string>>,
  verifier: TokenVerifier,
): Promise<Identity | null> {
  const credentials = bearerToken(headers)
  if (credentials.kind === 'NONE') return null
  if (credentials.kind === 'UNREADABLE')
    throw fault('UNAUTHENTICATED', 'The authorization header is not `Bearer` and a token.')
  const verified = await verifier.verify(credentials.token)
  if (verified.ok) return verified.value
  throw fault('UNAUTHENTICATED', TOKEN_FAULTS[verified.error])
}

const TOKEN_FAULTS = {
  MALFORMED: 'The access token cannot be read.',
  EXPIRED: 'The access token has expired.',
  UNTRUSTED: 'The access token is not one of ours.',
  REVOKED: 'The access token has been revoked.',
  UNVERIFIABLE: 'The access token cannot be verified now: the signing keys are out of reach.',
} as const
