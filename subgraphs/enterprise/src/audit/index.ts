export { AUDIT_KEPT_MS, type AuditAction, type AuditDraft, type AuditRecord } from './entry.ts'
export { auditResolvers } from './resolvers.ts'
export { appendAudit, pruneAudit } from './store.ts'
export { auditVenueChanges } from './venue-changes.ts'
