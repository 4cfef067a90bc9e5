import type { IdSource } from '@opsource/kernel'
import type { ClientBase } from 'pg'
import type { Database, Transaction } from '../database.ts'
import type { AuditDraft, AuditRecord } from './entry.ts'

/** Writes into the transaction of what it tells of: neither is there without the other. */
export async function appendAudit(tx: Transaction, ids: IdSource, draft: AuditDraft): Promise<void> {
  const { actorId, action, subject = null, at } = draft
  await tx.auditEntry.create({ data: { id: ids.next('aud'), actorId, action, subject, at: new Date(at) } })
}

/** Writes what other domains tell of into the transaction in which their events are marked as taken. */
export async function appendToldAudits(
  client: ClientBase,
  ids: IdSource,
  drafts: readonly Required<AuditDraft>[],
): Promise<void> {
  if (drafts.length === 0) return
  await client.query(
    `INSERT INTO audit_entry (id, actor_id, action, subject, at)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])`,
    [
      drafts.map(() => ids.next('aud')),
      drafts.map(({ actorId }) => actorId),
      drafts.map(({ action }) => action),
      drafts.map(({ subject }) => subject),
      drafts.map(({ at }) => new Date(at)),
    ],
  )
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
