import { z } from 'zod'
import type { Database, Transaction } from '../database.ts'

const publicJwkShape = z.object({ kty: z.literal('RSA'), n: z.string(), e: z.string() })

/** The public half, as a JWKS lists it. */
export type PublicJwk = z.infer<typeof publicJwkShape>

export interface StoredSigningKey {
  readonly kid: string
  /** PKCS #8, PEM. */
  readonly privateKey: string
  readonly publicJwk: PublicJwk
  readonly createdAt: Date
}

/** One change of keys at a time, among all instances. */
export async function lockSigningKeys(tx: Transaction): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('enterprise.signing-keys'))`
}

/** The key that signs. */
export async function signingKey(database: Transaction): Promise<StoredSigningKey | null> {
  const row = await database.signingKey.findFirst({ where: { retiredAt: null }, orderBy: { createdAt: 'desc' } })
  return row && { ...row, publicJwk: publicJwkShape.parse(row.publicJwk) }
}

/** Puts a key in the place of all before it. */
export async function replaceSigningKey(tx: Transaction, key: StoredSigningKey): Promise<void> {
  await tx.signingKey.updateMany({ where: { retiredAt: null }, data: { retiredAt: key.createdAt } })
  await tx.signingKey.create({ data: key })
}

/** The public halves of the key that signs and of those retired since. */
export async function publicKeysSince(
  database: Database,
  retiredSince: Date,
): Promise<(PublicJwk & { kid: string })[]> {
  const rows = await database.signingKey.findMany({
    where: { OR: [{ retiredAt: null }, { retiredAt: { gt: retiredSince } }] },
    orderBy: { createdAt: 'desc' },
    select: { kid: true, publicJwk: true },
  })
  return rows.map(({ kid, publicJwk }) => ({ ...publicJwkShape.parse(publicJwk), kid }))
}

export async function pruneSigningKeys(database: Database, retiredBefore: Date): Promise<number> {
  const { count } = await database.signingKey.deleteMany({ where: { retiredAt: { lt: retiredBefore } } })
  return count
}
