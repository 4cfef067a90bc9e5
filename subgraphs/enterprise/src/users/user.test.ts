import { type Identity, type Role, scopesOf } from '@opsource/identity'
import { describe, expect, it } from 'vitest'
import { checkRoles, maySee } from './user.ts'

const identity = (userId: string, roles: Role[]): Identity => ({
  userId,
  sessionId: 'ses_1',
  roles,
  scopes: scopesOf(roles),
  issuedAt: 0,
  expiresAt: 0,
})

describe('a user', () => {
  it('is seen in full by himself and by those who may read users', () => {
    expect(maySee(identity('usr_ann', ['TRADER']), 'usr_ann')).toBe(true)
    expect(maySee(identity('usr_opi', ['OPERATOR']), 'usr_ann')).toBe(true)
    expect(maySee(identity('usr_bob', ['TRADER', 'ANALYST']), 'usr_ann')).toBe(false)
    expect(maySee(null, 'usr_ann')).toBe(false)
  })

  it('gets every role once, in one order', () => {
    expect(checkRoles({ roles: [] }, ['ADMIN', 'TRADER', 'ADMIN'], 1)).toEqual({ ok: true, value: ['TRADER', 'ADMIN'] })
  })

  it('cannot resign as the last ADMIN', () => {
    expect(checkRoles({ roles: ['ADMIN'] }, ['TRADER'], 1)).toEqual({ ok: false, error: 'LAST_ADMIN' })
    expect(checkRoles({ roles: ['ADMIN'] }, ['TRADER'], 2).ok).toBe(true)
    expect(checkRoles({ roles: ['ADMIN'] }, ['ADMIN', 'OPERATOR'], 1).ok).toBe(true)
    expect(checkRoles({ roles: ['TRADER'] }, [], 1).ok).toBe(true)
  })
})
