import type { Identity, Role } from '@opsource/identity'
import { err, ok, type Result } from '@opsource/kernel'

export type UserKind = 'PERSON' | 'SERVICE'

export interface UserRecord {
  readonly id: string
  readonly email: string | null
  readonly displayName: string
  readonly kind: UserKind
  readonly roles: readonly Role[]
  readonly disabled: boolean
  readonly createdAt: Date
  /** Set where the user has just shown the password in a request that carries no token yet. */
  readonly isSelf?: true
}

/** What could be an id of ours. Anything else is unknown before PostgreSQL, which takes no NUL, is asked. */
export const isId = (text: string) => /^[a-z]{3}_[0-9A-Za-z_-]{1,64}$/.test(text)

/** In this order everywhere, whatever order they were given in. */
const ROLES: readonly Role[] = ['TRADER', 'ANALYST', 'OPERATOR', 'ADMIN']

export const inOrder = (roles: readonly Role[]): Role[] => ROLES.filter((role) => roles.includes(role))

/** Yourself, or anyone with the scope `users:read`. */
export function maySee(identity: Identity | null, userId: string): boolean {
  return identity !== null && (identity.userId === userId || identity.scopes.has('users:read'))
}

/** Somebody must always be able to appoint others. */
export function checkRoles(
  user: { roles: readonly Role[] },
  roles: readonly Role[],
  admins: number,
): Result<Role[], 'LAST_ADMIN'> {
  const resigns = user.roles.includes('ADMIN') && !roles.includes('ADMIN')
  return resigns && admins <= 1 ? err('LAST_ADMIN') : ok(inOrder(roles))
}
