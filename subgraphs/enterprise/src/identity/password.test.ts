import { describe, expect, it } from 'vitest'
import { parseEmail, parseName, parsePassword, parseRegistration } from './password.ts'

const good = { email: 'ann@example.org', password: 'correct horse battery', displayName: 'Ann' }
const faultOf = (change: Partial<typeof good>) => {
  const parsed = parseRegistration({ ...good, ...change })
  return parsed.ok ? null : parsed.error.field
}

describe('a registration', () => {
  it('is taken with its address in lower case and without surrounding space', () => {
    expect(parseRegistration({ ...good, email: '  Ann@Example.ORG ' })).toEqual({ ok: true, value: good })
  })

  it.each(['', 'ann', 'ann@', '@example.org', 'ann@exa mple.org', `${'a'.repeat(250)}@example.org`])(
    'refuses %j as an address',
    (email) => {
      expect(faultOf({ email })).toBe('input.email')
    },
  )

  it.each([
    ['shorter than 12 characters', 'elevenchars'],
    ['longer than 128 characters', 'abcdefgh'.repeat(17)],
    ['with fewer than five different characters', 'abababababababab'],
    ['that is the address', 'ann@example.org'],
  ])('refuses a password %s', (_why, password) => {
    expect(faultOf({ password })).toBe('input.password')
  })

  it('counts characters, not bytes, of a password', () => {
    expect(parsePassword('пароль-длинный', 'ann@example.org').ok).toBe(true)
  })

  it('takes one password however its letters are composed', () => {
    expect(parsePassword('crème brûlée!'.normalize('NFD'), 'a@b.org')).toEqual(
      parsePassword('crème brûlée!'.normalize('NFC'), 'a@b.org'),
    )
  })

  it.each(['', '   ', 'x'.repeat(65), 'Ann\nBob'])('refuses %j as a name', (displayName) => {
    expect(faultOf({ displayName })).toBe('input.displayName')
  })
})

describe('an address and a label', () => {
  it('name the argument that they came in', () => {
    expect(parseEmail('nobody')).toMatchObject({ ok: false, error: { field: 'input.email' } })
    expect(parseName('', 'input.label')).toMatchObject({ ok: false, error: { field: 'input.label' } })
  })
})
