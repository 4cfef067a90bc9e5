/** Everything that the log knows, so that a search for one of them finds all of its kind. */
export type AuditAction =
  | 'user.registered'
  | 'user.roles_set'
  | 'admin.created'
  | 'session.started'
  | 'session.ended'
  | 'sessions.revoked'
  | 'refresh_token.reused'
  | 'login.failed'
  | 'login.blocked'
  | 'login.block_ended'
  | 'api_key.created'
  | 'api_key.revoked'
  | 'signing_key.rotated'
  | 'venue.risk_limits_set'
  | 'venue.risk_profile_assigned'
  | 'venue.market_rules_set'
  | 'venue.fee_schedule_set'
  | 'venue.kill_switch_set'
  | 'model.promoted'
  | 'model.rolled_back'
  | 'model.alias_set'
  | 'model.alias_deleted'

export interface AuditDraft {
  /** Null for someone unknown, and for the platform itself. */
  readonly actorId: string | null
  readonly action: AuditAction
  /** Null where it is the actor. */
  readonly subject?: string | null
  /** Milliseconds since the Unix epoch. */
  readonly at: number
}

export interface AuditRecord {
  readonly position: bigint
  readonly id: string
  readonly actorId: string | null
  readonly action: string
  readonly subject: string | null
  readonly at: Date
}

/** Thirteen months: the yearly review of who had access finds all of its year. The table's trigger refuses to delete anything younger. */
export const AUDIT_KEPT_MS = 400 * 86_400_000
