import type { Role } from '@opsource/identity'
import type { Database, Transaction } from '../database.ts'
import { isId } from '../users/index.ts'
import { hashSecret } from './refresh-token.ts'

/** An ended key stays in its owner's list for this long. */
const ENDED_KEYS_KEPT_MS = 30 * 86_400_000

const visible = { id: true, userId: true, label: true, createdAt: true, revokedAt: true } as const

export interface ApiKeyRecord {
  readonly id: string
  readonly userId: string
  readonly label: string
  readonly createdAt: Date
  readonly revokedAt: Date | null
}

/** One change of a user's keys at a time, so that the limit holds. */
export async function lockApiKeys(tx: Transaction, userId: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('enterprise.api-keys'), hashtext(${userId}))`
}

export function countApiKeys(tx: Transaction, userId: string): Promise<number> {
  return tx.apiKey.count({ where: { userId, revokedAt: null } })
}

export function apiKeysOf(database: Database, userId: string): Promise<ApiKeyRecord[]> {
  return database.apiKey.findMany({ where: { userId }, orderBy: { id: 'asc' }, select: visible })
}

export function insertApiKey(
  tx: Transaction,
  key: { id: string; userId: string; label: string; secret: string; createdAt: Date },
): Promise<ApiKeyRecord> {
  const { id, userId, label, secret, createdAt } = key
  return tx.apiKey.create({ data: { id, userId, label, hash: hashSecret(secret), createdAt }, select: visible })
}

/** @returns the key as ended; null where the user has no such key. Ending it again changes nothing. */
export async function endApiKey(tx: Transaction, userId: string, id: string, now: Date) {
  if (!isId(id)) return null
  const { count } = await tx.apiKey.updateMany({ where: { id, userId, revokedAt: null }, data: { revokedAt: now } })
  const key: ApiKeyRecord | null = await tx.apiKey.findFirst({ where: { id, userId }, select: visible })
  return key && { key, endedNow: count === 1 }
}

/** Whom a living key speaks for. */
export async function holderOfApiKey(
  database: Database,
  secret: string,
): Promise<{ keyId: string; userId: string; roles: readonly Role[] } | null> {
  const key = await database.apiKey.findUnique({
    where: { hash: hashSecret(secret), revokedAt: null, user: { disabled: false } },
    select: { id: true, userId: true, user: { select: { roles: true } } },
  })
  return key && { keyId: key.id, userId: key.userId, roles: key.user.roles }
}

export async function pruneApiKeys(database: Database, now: number): Promise<number> {
  const { count } = await database.apiKey.deleteMany({
    where: { revokedAt: { lt: new Date(now - ENDED_KEYS_KEPT_MS) } },
  })
  return count
}
