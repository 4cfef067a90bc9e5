import type { EventOf } from '@opsource/bus'
import type { IdSource } from '@opsource/kernel'
import type { ClientBase } from 'pg'
import type { AuditAction } from './entry.ts'

export type VenueChanged = EventOf<'venue.setting-changed'>

const ACTIONS: Readonly<Record<VenueChanged['data']['setting'], AuditAction>> = {
  RISK_LIMITS: 'venue.risk_limits_set',
  RISK_PROFILE: 'venue.risk_profile_assigned',
  MARKET_RULES: 'venue.market_rules_set',
  FEE_SCHEDULE: 'venue.fee_schedule_set',
  KILL_SWITCH: 'venue.kill_switch_set',
}

/** Writes who changed the exchange's settings into the log, within the transaction in which the events are marked as taken. */
export async function auditVenueChanges(
  client: ClientBase,
  ids: IdSource,
  events: readonly VenueChanged[],
): Promise<void> {
  if (events.length === 0) return
  const changes = events.map(({ data }) => data)
  await client.query(
    `INSERT INTO audit_entry (id, actor_id, action, subject, at)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])`,
    [
      changes.map(() => ids.next('aud')),
      changes.map(({ changedBy }) => changedBy),
      changes.map(({ setting }) => ACTIONS[setting]),
      changes.map(subjectOf),
      changes.map(({ changedAt }) => changedAt),
    ],
  )
}

/** What was changed, with the command under which the exchange keeps the values before and after. */
function subjectOf({ target, engineSequence, reason }: VenueChanged['data']): string {
  return `${target === '' ? 'venue' : target} (command ${engineSequence}): ${reason}`
}
