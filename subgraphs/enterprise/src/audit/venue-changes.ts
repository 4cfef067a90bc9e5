import type { EventOf } from '@opsource/bus'
import type { AuditAction, AuditDraft } from './entry.ts'

export type VenueChanged = EventOf<'venue.setting-changed'>

const ACTIONS: Readonly<Record<VenueChanged['data']['setting'], AuditAction>> = {
  RISK_LIMITS: 'venue.risk_limits_set',
  RISK_PROFILE: 'venue.risk_profile_assigned',
  MARKET_RULES: 'venue.market_rules_set',
  FEE_SCHEDULE: 'venue.fee_schedule_set',
  KILL_SWITCH: 'venue.kill_switch_set',
}

/** Who changed the exchange's settings, for the log. */
export function auditOfVenueChange({ data }: VenueChanged): Required<AuditDraft> {
  const { changedBy, setting, changedAt } = data
  return { actorId: changedBy, action: ACTIONS[setting], subject: subjectOf(data), at: Date.parse(changedAt) }
}

/** What was changed, with the command under which the exchange keeps the values before and after. */
function subjectOf({ target, engineSequence, reason }: VenueChanged['data']): string {
  return `${target === '' ? 'venue' : target} (command ${engineSequence}): ${reason}`
}
