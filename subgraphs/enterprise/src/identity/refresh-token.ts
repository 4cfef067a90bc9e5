import { createHash, createHmac } from 'node:crypto'
import type { Random } from '@opsource/kernel'

const TOKEN_BYTES = 32
const SEED_BYTES = 16
const DAY_MS = 86_400_000

/**
 * Tabs of one browser refresh at the same moment with the same token. Whoever comes second within this time gets the same successor;
 * later use of a spent token is theft or a broken client, and ends the session.
 */
export const REFRESH_GRACE_MS = 30_000
/** A session that nobody refreshes ends after this. */
export const REFRESH_TOKEN_LIFE_MS = 14 * DAY_MS
/** A session ends after this, however often it is refreshed. */
export const SESSION_LIFE_MS = 90 * DAY_MS

/** Times in milliseconds since the Unix epoch. */
export interface RefreshState {
  readonly sessionEndedAt: number | null
  readonly sessionExpiresAt: number
  readonly tokenExpiresAt: number
  readonly spentAt: number | null
  readonly userDisabled: boolean
}

export type RefreshVerdict = 'ROTATE' | 'REPEAT' | 'REUSED' | 'ENDED'

/** What presenting a known refresh token leads to. */
export function judgeRefresh(state: RefreshState, now: number): RefreshVerdict {
  if (state.userDisabled || state.sessionEndedAt !== null) return 'ENDED'
  if (state.sessionExpiresAt <= now || state.tokenExpiresAt <= now) return 'ENDED'
  if (state.spentAt === null) return 'ROTATE'
  return now - state.spentAt <= REFRESH_GRACE_MS ? 'REPEAT' : 'REUSED'
}

export const newRefreshToken = (random: Random) => `ort_${Buffer.from(random.bytes(TOKEN_BYTES)).toString('base64url')}`

export const newSuccessorSeed = (random: Random) => Uint8Array.from(random.bytes(SEED_BYTES))

/** The successor follows from the spent token and a seed: the table that holds seed and hashes alone gives no token. */
export function successorOf(token: string, seed: Uint8Array): string {
  return `ort_${createHmac('sha256', token).update(seed).digest('base64url')}`
}

/** What is stored of a secret of 256 random bits: nothing slower than SHA-256 is needed, for there is nothing to guess. */
export const hashSecret = (secret: string) => createHash('sha256').update(secret).digest('hex')
