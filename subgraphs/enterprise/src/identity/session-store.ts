import type { Database, Transaction } from '../database.ts'
import { hashSecret, REFRESH_TOKEN_LIFE_MS, SESSION_LIFE_MS } from './refresh-token.ts'

/** A refresh token with its session. */
export interface HeldRefreshToken {
  readonly sessionId: string
  readonly expiresAt: Date
  readonly spentAt: Date | null
  readonly successorSeed: Uint8Array | null
  readonly session: { readonly userId: string; readonly endedAt: Date | null; readonly expiresAt: Date }
}

export interface RevocationRecord {
  readonly userId: string
  readonly sessionId: string | null
  readonly revokedAt: Date
  readonly expiresAt: Date
}

export async function insertSession(
  tx: Transaction,
  session: { id: string; userId: string; refreshToken: string; now: number },
): Promise<void> {
  const { id, userId, refreshToken, now } = session
  await tx.session.create({
    data: { id, userId, createdAt: new Date(now), expiresAt: new Date(now + SESSION_LIFE_MS) },
  })
  await insertRefreshToken(tx, id, refreshToken, now)
}

export async function insertRefreshToken(
  tx: Transaction,
  sessionId: string,
  token: string,
  now: number,
): Promise<void> {
  const expiresAt = new Date(now + REFRESH_TOKEN_LIFE_MS)
  await tx.refreshToken.create({ data: { hash: hashSecret(token), sessionId, createdAt: new Date(now), expiresAt } })
}

/** Locks the token's session: whoever refreshes it at the same moment, with this token or another, waits for the first to finish. */
export async function lockRefreshToken(tx: Transaction, token: string): Promise<HeldRefreshToken | null> {
  await tx.$executeRaw`
    SELECT FROM session WHERE id = (SELECT session_id FROM refresh_token WHERE hash = ${hashSecret(token)}) FOR UPDATE`
  return refreshTokenOf(tx, token)
}

/** For a token of a session that is locked already. */
export function refreshTokenOf(tx: Transaction, token: string): Promise<HeldRefreshToken | null> {
  return tx.refreshToken.findUnique({ where: { hash: hashSecret(token) }, include: { session: true } })
}

export async function spendRefreshToken(
  tx: Transaction,
  token: string,
  seed: Uint8Array<ArrayBuffer>,
  now: number,
): Promise<void> {
  await tx.refreshToken.update({
    where: { hash: hashSecret(token) },
    data: { spentAt: new Date(now), successorSeed: seed },
  })
}

/** Ends one session of the user, or all of them. @returns how many were still open. */
export async function endSessions(
  tx: Transaction,
  userId: string,
  sessionId: string | null,
  now: number,
): Promise<number> {
  const where = {
    userId,
    endedAt: null,
    expiresAt: { gt: new Date(now) },
    ...(sessionId === null ? {} : { id: sessionId }),
  }
  const { count } = await tx.session.updateMany({ where, data: { endedAt: new Date(now) } })
  return count
}

export async function insertRevocation(tx: Transaction, id: string, revocation: RevocationRecord): Promise<void> {
  await tx.revocation.create({ data: { id, ...revocation } })
}

/** Those that still concern a living access token. */
export function revocationsAt(database: Database, now: number): Promise<RevocationRecord[]> {
  return database.revocation.findMany({
    where: { expiresAt: { gt: new Date(now) } },
    select: { userId: true, sessionId: true, revokedAt: true, expiresAt: true },
    orderBy: { revokedAt: 'asc' },
  })
}

/** Deletes what can no longer change an answer: an expired token, an ended session's tokens and a past revocation are worth nothing. */
export async function pruneSessions(database: Database, now: number): Promise<number> {
  const past = { lt: new Date(now) }
  const tokens = await database.refreshToken.deleteMany({
    where: { OR: [{ expiresAt: past }, { session: { OR: [{ endedAt: past }, { expiresAt: past }] } }] },
  })
  const sessions = await database.session.deleteMany({
    where: { OR: [{ endedAt: past }, { expiresAt: past }, { refreshTokens: { none: {} } }] },
  })
  const revocations = await database.revocation.deleteMany({ where: { expiresAt: past } })
  return tokens.count + sessions.count + revocations.count
}
