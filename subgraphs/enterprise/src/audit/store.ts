import type { IdSource } from '@opsource/kernel'
import type { Database, Transaction } from '../database.ts'
import type { AuditDraft, AuditRecord } from './entry.ts'

/** Writes into the transaction of what it tells of: neither is there without the other. */
export async function appendAudit(tx: Transaction, ids: IdSource, draft: AuditDraft): Promise<void> {
  const { actorId, action, subject = null, at } = draft
  await tx.auditEntry.create({ data: { id: ids.next('aud'), actorId, action, subject, at: new Date(at) } })
}

/** @returns up to `limit` entries before `before`, newest first. */
export function auditEntries(database: Database, limit: number, before: bigint | null): Promise<AuditRecord[]> {
  return database.auditEntry.findMany({
    where: before === null ? {} : { position: { lt: before } },
    orderBy: { position: 'desc' },
    take: limit,
  })
}

/** Deletes what is older through the one function that the table's trigger lets pass. @returns how many. */
export async function pruneAudit(database: Database, before: Date): Promise<number> {
  const [row] = await database.$queryRaw<{ pruned: bigint }[]>`SELECT prune_audit_entries(${before}) AS pruned`
  return Number(row?.pruned ?? 0n)
}
