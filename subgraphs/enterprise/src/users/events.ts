import type { EventData } from '@opsource/bus/contracts'
import type { UserRecord } from './user.ts'

/** `email` is empty for a program, which has none. */
export const userRegistered = (user: UserRecord): EventData<'user.registered'> => ({
  userId: user.id,
  email: user.email ?? '',
  displayName: user.displayName,
  kind: user.kind,
  roles: [...user.roles],
})

export const userChanged = (user: UserRecord): EventData<'user.changed'> => ({
  userId: user.id,
  displayName: user.displayName,
  roles: [...user.roles],
  disabled: user.disabled,
})
