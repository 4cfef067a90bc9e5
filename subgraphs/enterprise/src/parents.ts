// What the resolvers of a type get as their parent, where that is not what the schema shows: see `resolver-types.ts`.
import type { AuditRecord } from './audit/index.ts'
import type { ApiKeyRecord } from './identity/index.ts'
import type { RecordedTradeRecord } from './records/index.ts'
import type { UserRecord } from './users/index.ts'

export type UserParent = UserRecord
export type ApiKeyParent = ApiKeyRecord
export type AuditEntryParent = AuditRecord
export type RecordedTradeParent = RecordedTradeRecord
