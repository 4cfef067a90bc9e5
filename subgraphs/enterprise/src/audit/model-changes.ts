import type { EventOf } from '@opsource/bus'
import type { IdSource } from '@opsource/kernel'
import type { ClientBase } from 'pg'
import type { AuditAction } from './entry.ts'

export type ModelAliasChanged = EventOf<'model.alias-changed'>

const ACTIONS: Readonly<Record<ModelAliasChanged['data']['action'], AuditAction>> = {
  PROMOTED: 'model.promoted',
  ROLLED_BACK: 'model.rolled_back',
  ALIAS_SET: 'model.alias_set',
  ALIAS_DELETED: 'model.alias_deleted',
}

/** Writes who decided which model serves into the log, within the transaction in which the events are marked as taken. */
export async function auditModelChanges(
  client: ClientBase,
  ids: IdSource,
  events: readonly ModelAliasChanged[],
): Promise<void> {
  if (events.length === 0) return
  const changes = events.map(({ data }) => data)
  await client.query(
    `INSERT INTO audit_entry (id, actor_id, action, subject, at)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])`,
    [
      changes.map(() => ids.next('aud')),
      changes.map(({ changedBy }) => changedBy),
      changes.map(({ action }) => ACTIONS[action]),
      changes.map(subjectOf),
      changes.map(({ changedAt }) => changedAt),
    ],
  )
}

/** Such as `mid-direction champion 1 → 2: beats the rule`. */
function subjectOf({ model, alias, fromVersion, toVersion, reason }: ModelAliasChanged['data']): string {
  return `${model} ${alias} ${fromVersion ?? 'none'} → ${toVersion ?? 'none'}: ${reason}`
}
