import { type Clock, err, type IdSource, ok, type Result } from '@opsource/kernel'
import { appendAudit } from '../audit/index.ts'
import type { Outbox } from '../outbox.ts'
import { userRegistered } from './events.ts'
import { countAdmins, insertUser, lockRoles } from './store.ts'
import type { UserRecord } from './user.ts'

export interface FirstAdminPorts {
  readonly outbox: Outbox
  readonly clock: Clock
  readonly ids: IdSource
}

/** Makes the ADMIN who appoints all others. There is never a second first one, however many try at once. */
export function createFirstAdmin(
  { outbox, clock, ids }: FirstAdminPorts,
  admin: { email: string; displayName: string; passwordHash: string },
): Promise<Result<UserRecord, 'ADMIN_EXISTS' | 'EMAIL_TAKEN'>> {
  return outbox.transact(async (tx) => {
    await lockRoles(tx)
    if ((await countAdmins(tx)) > 0) return err('ADMIN_EXISTS')
    const [id, now] = [ids.next('usr'), clock.now()]
    const user = await insertUser(tx, { id, ...admin, kind: 'PERSON', roles: ['ADMIN'], createdAt: new Date(now) })
    if (!user) return err('EMAIL_TAKEN')
    await outbox.announce(tx, 'user.registered', id, userRegistered(user))
    await appendAudit(tx, ids, { actorId: null, action: 'admin.created', subject: id, at: now })
    return ok(user)
  })
}
