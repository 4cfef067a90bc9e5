import type { Identity } from '@opsource/identity'
import { z } from 'zod'

/** What a client counts as, by its credentials: a name that it gives itself would prove nothing. */
export const clientClassSchema = z.enum(['ANONYMOUS', 'TRADER', 'ANALYST', 'OPERATOR', 'ADMIN'])

export type ClientClass = z.infer<typeof clientClassSchema>

export function classesOf(identity: Identity | null): readonly ClientClass[] {
  return identity === null ? ['ANONYMOUS'] : identity.roles
}
