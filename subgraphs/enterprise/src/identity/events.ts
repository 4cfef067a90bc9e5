import type { EventData } from '@opsource/bus/contracts'
import { ACCESS_TOKEN_LIFE_MS } from './access-token.ts'
import type { RevocationRecord } from './session-store.ts'

/** Tokens issued up to `now` are over by `expiresAt`, whoever forgets the revocation then. A second more, because `exp` is rounded. */
export function revocationAt(userId: string, sessionId: string | null, now: number): RevocationRecord {
  return { userId, sessionId, revokedAt: new Date(now), expiresAt: new Date(now + ACCESS_TOKEN_LIFE_MS + 1000) }
}

/** The event, and the entry of the well-known list: the same to whoever reads either. */
export const sessionRevoked = (revocation: RevocationRecord): EventData<'session.revoked'> => ({
  userId: revocation.userId,
  sessionId: revocation.sessionId,
  revokedAt: revocation.revokedAt.toISOString(),
  expiresAt: revocation.expiresAt.toISOString(),
})
