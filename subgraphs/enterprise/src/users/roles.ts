import type { Role } from '@opsource/identity'
import { type Clock, err, type IdSource, ok, type Result } from '@opsource/kernel'
import { appendAudit } from '../audit/index.ts'
import type { Outbox } from '../outbox.ts'
import { userChanged } from './events.ts'
import { countAdmins, lockRoles, updateRoles, userById } from './store.ts'
import { checkRoles, type UserRecord } from './user.ts'

export type RoleRefusal = 'UNKNOWN_USER' | 'LAST_ADMIN'

export interface RolePorts {
  readonly outbox: Outbox
  readonly clock: Clock
  readonly ids: IdSource
}

/** Who may do what. */
export class Roles {
  readonly #ports: RolePorts

  constructor(ports: RolePorts) {
    this.#ports = ports
  }

  async set(actorId: string, userId: string, wanted: readonly Role[]): Promise<Result<UserRecord, RoleRefusal>> {
    const { outbox, clock, ids } = this.#ports
    return outbox.transact(async (tx) => {
      await lockRoles(tx)
      const user = await userById(tx, userId)
      if (!user) return err('UNKNOWN_USER')
      const roles = checkRoles(user, wanted, await countAdmins(tx))
      if (!roles.ok) return roles
      const changed = await updateRoles(tx, userId, roles.value)
      await outbox.announce(tx, 'user.changed', userId, userChanged(changed))
      const subject = `${userId} ${roles.value.join(',')}`
      await appendAudit(tx, ids, { actorId, action: 'user.roles_set', subject, at: clock.now() })
      return ok(changed)
    })
  }
}
