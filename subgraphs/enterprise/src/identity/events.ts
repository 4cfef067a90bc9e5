import type { EventData } from '@opsource/bus/contracts'
import { CLOCK_TOLERANCE_S } from '@opsource/identity'
import { ACCESS_TOKEN_LIFE_MS } from './access-token.ts'
import type { RevocationRecord } from './session-store.ts'

/** Verifiers let a token live on for as long as they forgive a clock, and theirs may differ from ours by as much. A second more, because `exp` is rounded. */
const AFTERLIFE_MS = (2 * CLOCK_TOLERANCE_S + 1) * 1_000

/** Tokens issued up to `now` are over by `expiresAt`, whoever forgets the revocation then. */
export function revocationAt(userId: string, sessionId: string | null, now: number): RevocationRecord {
  const expiresAt = new Date(now + ACCESS_TOKEN_LIFE_MS + AFTERLIFE_MS)
  return { userId, sessionId, revokedAt: new Date(now), expiresAt }
}

/** The event, and the entry of the well-known list: the same to whoever reads either. */
export const sessionRevoked = (revocation: RevocationRecord): EventData<'session.revoked'> => ({
  userId: revocation.userId,
  sessionId: revocation.sessionId,
  revokedAt: revocation.revokedAt.toISOString(),
  expiresAt: revocation.expiresAt.toISOString(),
})
