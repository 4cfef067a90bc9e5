import type { EventOf } from '@opsource/bus'
import type { AuditAction, AuditDraft } from './entry.ts'

export type ModelAliasChanged = EventOf<'model.alias-changed'>

const ACTIONS: Readonly<Record<ModelAliasChanged['data']['action'], AuditAction>> = {
  PROMOTED: 'model.promoted',
  ROLLED_BACK: 'model.rolled_back',
  ALIAS_SET: 'model.alias_set',
  ALIAS_DELETED: 'model.alias_deleted',
}

/** Who decided which model serves, for the log. */
export function auditOfModelChange({ data }: ModelAliasChanged): Required<AuditDraft> {
  const { changedBy, action, changedAt } = data
  return { actorId: changedBy, action: ACTIONS[action], subject: subjectOf(data), at: Date.parse(changedAt) }
}

/** Such as `mid-direction champion 1 → 2: beats the rule`. */
function subjectOf({ model, alias, fromVersion, toVersion, reason }: ModelAliasChanged['data']): string {
  return `${model} ${alias} ${fromVersion ?? 'none'} → ${toVersion ?? 'none'}: ${reason}`
}
