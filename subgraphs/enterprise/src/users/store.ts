import type { Role } from '@opsource/identity'
import type { Database, Transaction } from '../database.ts'
import { isId, type UserKind, type UserRecord } from './user.ts'

const visible = {
  id: true,
  email: true,
  displayName: true,
  kind: true,
  roles: true,
  disabled: true,
  createdAt: true,
} as const

export interface NewUser {
  readonly id: string
  readonly email: string | null
  readonly displayName: string
  readonly kind: UserKind
  readonly roles: Role[]
  readonly passwordHash: string | null
  readonly createdAt: Date
}

export function usersById(database: Transaction, ids: readonly string[]): Promise<UserRecord[]> {
  return database.user.findMany({ where: { id: { in: ids.filter(isId) } }, select: visible })
}

export async function userById(database: Transaction, id: string): Promise<UserRecord | null> {
  return isId(id) ? database.user.findUnique({ where: { id }, select: visible }) : null
}

/** @returns up to `limit` users after `after`, oldest first: ids sort by the time of registration. */
export function usersAfter(database: Database, limit: number, after: string | null): Promise<UserRecord[]> {
  return database.user.findMany({
    where: after === null ? {} : { id: { gt: after } },
    orderBy: { id: 'asc' },
    take: limit,
    select: visible,
  })
}

/** The password's hash leaves the table only here. */
export function credentialsOf(database: Transaction, email: string) {
  return database.user.findUnique({ where: { email }, select: { ...visible, passwordHash: true } })
}

export async function hasService(database: Transaction, displayName: string): Promise<boolean> {
  return (await database.user.count({ where: { kind: 'SERVICE', displayName } })) > 0
}

/** @returns null where the address is taken. */
export async function insertUser(tx: Transaction, user: NewUser): Promise<UserRecord | null> {
  const inserted = await tx.user.createMany({ data: [user], skipDuplicates: true })
  return inserted.count === 0 ? null : userById(tx, user.id)
}

/** One change of roles at a time, so that two ADMINs cannot both be the last to resign. */
export async function lockRoles(tx: Transaction): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('enterprise.roles'))`
}

export function countAdmins(tx: Transaction): Promise<number> {
  return tx.user.count({ where: { roles: { has: 'ADMIN' }, disabled: false } })
}

export function updateRoles(tx: Transaction, id: string, roles: Role[]): Promise<UserRecord> {
  return tx.user.update({ where: { id }, data: { roles: { set: roles } }, select: visible })
}
