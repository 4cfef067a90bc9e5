export { type AuditedCheck, auditLedger, type Difference, type LedgerAudit } from './audit.ts'
