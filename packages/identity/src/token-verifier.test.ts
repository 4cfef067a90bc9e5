import { createHmac } from 'node:crypto'
import { MemoryTransport, newEvent } from '@opsource/bus'
import { ManualClock } from '@opsource/kernel'
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose'
import { pino } from 'pino'
import { beforeEach, describe, expect, it } from 'vitest'
import { bearerToken } from './bearer-token.ts'
import { followRevocations } from './revocation-feed.ts'
import type { Revocation } from './sources.ts'
import { TokenVerifier } from './token-verifier.ts'

const NOW = Date.parse('2024-08-08T12:00:00.000Z')
const first = await generateKeyPair('RS256', { extractable: true })
const second = await generateKeyPair('RS256', { extractable: true })
const foreign = await generateKeyPair('RS256')
const publicJwk = async (key: CryptoKey, kid: string) => ({ ...(await exportJWK(key)), kid, alg: 'RS256', use: 'sig' })
const firstJwk = await publicJwk(first.publicKey, 'first')
const secondJwk = await publicJwk(second.publicKey, 'second')

let clock: ManualClock
let keys: object[]
let revocations: Revocation[]
let keyLoads: number
let reachable: boolean
let verifier: TokenVerifier

beforeEach(() => {
  clock = new ManualClock(NOW)
  keys = [firstJwk]
  revocations = []
  keyLoads = 0
  reachable = true
  verifier = new TokenVerifier({
    keys: async () => {
      keyLoads += 1
      if (!reachable) throw new Error('out of reach')
      return JSON.stringify({ keys })
    },
    revocations: async () => JSON.stringify({ revocations }),
    clock,
  })
})

interface TokenOptions {
  key?: CryptoKey
  header?: Record<string, unknown>
  claims?: Record<string, unknown>
}

function sign({ key = first.privateKey, header = {}, claims = {} }: TokenOptions = {}): Promise<string> {
  const iat = clock.now() / 1000
  const payload = {
    iss: 'opsource',
    aud: 'opsource',
    sub: 'usr_1',
    sid: 'ses_1',
    roles: ['TRADER'],
    scope: 'trade',
    iat,
    exp: iat + 900,
  }
  return new SignJWT({ ...payload, ...claims })
    .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: 'first', ...header })
    .sign(key)
}

async function faultOf(token: string): Promise<string> {
  const verified = await verifier.verify(token)
  return verified.ok ? 'ACCEPTED' : verified.error
}

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const revocation = (given: Partial<Revocation> = {}): Revocation => ({
  userId: 'usr_1',
  sessionId: 'ses_1',
  revokedAt: new Date(clock.now()).toISOString(),
  expiresAt: new Date(clock.now() + 900_000).toISOString(),
  ...given,
})

describe('a good token', () => {
  it('tells whom it speaks for and what they may do', async () => {
    expect(await verifier.verify(await sign())).toEqual({
      ok: true,
      value: {
        userId: 'usr_1',
        sessionId: 'ses_1',
        roles: ['TRADER'],
        scopes: new Set(['trade']),
        issuedAt: NOW,
        expiresAt: NOW + 900_000,
      },
    })
  })
  it('carries no scope that its roles do not allow', async () => {
    const verified = await verifier.verify(await sign({ claims: { scope: 'trade users:admin made:up' } }))
    expect(verified.ok && [...verified.value.scopes]).toEqual(['trade'])
  })
  it('counts until it ends, and a moment longer for clocks that differ', async () => {
    const token = await sign()
    clock.advance(904_000)
    expect(await faultOf(token)).toBe('ACCEPTED')
    clock.advance(2_000)
    expect(await faultOf(token)).toBe('EXPIRED')
  })
})

describe('a bad token', () => {
  const cases: [string, () => Promise<string> | string, string][] = [
    ['signed by a foreign key under a known id', () => sign({ key: foreign.privateKey }), 'UNTRUSTED'],
    ['that names no key', () => sign({ header: { kid: undefined } }), 'UNTRUSTED'],
    ['that names an unknown key', () => sign({ header: { kid: '../../etc/passwd' } }), 'UNTRUSTED'],
    ['for another audience', () => sign({ claims: { aud: 'elsewhere' } }), 'UNTRUSTED'],
    ['from another issuer', () => sign({ claims: { iss: 'elsewhere' } }), 'UNTRUSTED'],
    ['of another type', () => sign({ header: { typ: 'JWT' } }), 'UNTRUSTED'],
    ['without a type', () => sign({ header: { typ: undefined } }), 'UNTRUSTED'],
    ['without an end', () => sign({ claims: { exp: undefined } }), 'UNTRUSTED'],
    ['from the future', () => sign({ claims: { iat: NOW / 1000 + 60 } }), 'UNTRUSTED'],
    [
      'that would live for a day',
      () => sign({ claims: { iat: NOW / 1000 - 3_700, exp: NOW / 1000 + 86_400 } }),
      'EXPIRED',
    ],
    ['not valid yet', () => sign({ claims: { nbf: NOW / 1000 + 60 } }), 'UNTRUSTED'],
    ['without a session', () => sign({ claims: { sid: undefined } }), 'UNTRUSTED'],
    ['with a role that does not exist', () => sign({ claims: { roles: ['ROOT'] } }), 'MALFORMED'],
    ['with scopes that are no text', () => sign({ claims: { scope: ['trade'] } }), 'MALFORMED'],
    ['that is no token', () => 'nonsense', 'MALFORMED'],
    ['that is empty', () => '', 'MALFORMED'],
    ['that is endless', () => `e.${'y'.repeat(10_000)}.s`, 'MALFORMED'],
    [
      'that carries a critical extension',
      () => sign({ header: { crit: ['x'], x: 1 } }).catch(() => 'a.b.c'),
      'MALFORMED',
    ],
  ]
  it.each(cases)('%s is refused', async (_, make, fault) => {
    expect(await faultOf(await make())).toBe(fault)
  })
  it('without a signature (alg none) is refused', async () => {
    const [, payload = ''] = (await sign()).split('.')
    expect(await faultOf(`${encoded({ alg: 'none', typ: 'at+jwt', kid: 'first' })}.${payload}.`)).toBe('UNTRUSTED')
  })
  it.each(['spki', 'jwk'])('signed with the public key as a shared secret (HS256, %s) is refused', async (format) => {
    const [, payload = ''] = (await sign()).split('.')
    const signed = `${encoded({ alg: 'HS256', typ: 'at+jwt', kid: 'first' })}.${payload}`
    const secret = format === 'spki' ? await exportSPKI(first.publicKey) : JSON.stringify(firstJwk)
    expect(await faultOf(`${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`)).toBe(
      'UNTRUSTED',
    )
  })
  it('that brings its own key along is refused', async () => {
    const jwk = await publicJwk((await generateKeyPair('RS256', { extractable: true })).publicKey, 'own')
    expect(
      await faultOf(await sign({ key: foreign.privateKey, header: { kid: 'own', jwk, jku: 'http://127.0.0.1/jwks' } })),
    ).toBe('UNTRUSTED')
  })
  it('with any one character of its payload or signature changed is refused', async () => {
    const token = await sign()
    const [header = '', payload = ''] = token.split('.')
    for (let at = header.length + 1; at < token.length - 1; at += 7) {
      if (at === header.length + 1 + payload.length) continue
      const changed = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
      expect(await faultOf(changed)).not.toBe('ACCEPTED')
    }
  })
})

describe('rotating the keys', () => {
  it('needs no restart: a token with an unknown key id has the keys read again', async () => {
    expect(await faultOf(await sign())).toBe('ACCEPTED')
    keys = [firstJwk, secondJwk]
    clock.advance(1_000)
    expect(await faultOf(await sign({ key: second.privateKey, header: { kid: 'second' } }))).toBe('ACCEPTED')
  })
  it('is not turned into load on the signer by made-up key ids', async () => {
    for (let n = 0; n < 50; n++) await faultOf(await sign({ header: { kid: `made-up-${n}` } }))
    expect(keyLoads).toBeLessThanOrEqual(2)
  })
  it('ends the trust in a key that was taken out at the next reading', async () => {
    await verifier.load()
    keys = [secondJwk]
    await verifier.load()
    clock.advance(1_000)
    expect(await faultOf(await sign())).toBe('UNTRUSTED')
  })
  it('ends the trust in a token that was seen before, too', async () => {
    const token = await sign()
    expect(await faultOf(token)).toBe('ACCEPTED')
    expect(await faultOf(token)).toBe('ACCEPTED')
    keys = [secondJwk]
    await verifier.load()
    clock.advance(1_000)
    expect(await faultOf(token)).toBe('UNTRUSTED')
  })
  it('keeps the keys that are known while the signer is out of reach', async () => {
    await verifier.load()
    reachable = false
    clock.advance(60_000)
    expect(await faultOf(await sign())).toBe('ACCEPTED')
  })
  it('accepts nothing before the keys and revocations have been read', async () => {
    reachable = false
    expect(await faultOf(await sign())).toBe('UNVERIFIABLE')
    expect(verifier.loaded).toBe(false)
  })
})

describe('a token that was seen before', () => {
  it('ends with its own time', async () => {
    const token = await sign()
    expect(await faultOf(token)).toBe('ACCEPTED')
    clock.advance(906_000)
    expect(await faultOf(token)).toBe('EXPIRED')
  })
  it('ends with the longest life that a token may have', async () => {
    const token = await sign({ claims: { exp: NOW / 1000 + 86_400 } })
    expect(await faultOf(token)).toBe('ACCEPTED')
    clock.advance(3_606_000)
    expect(await faultOf(token)).toBe('EXPIRED')
  })
  it('ends when it is revoked', async () => {
    const token = await sign()
    expect(await faultOf(token)).toBe('ACCEPTED')
    verifier.revoke(revocation())
    expect(await faultOf(token)).toBe('REVOKED')
  })
})

describe('a revocation', () => {
  it('ends a session and no other', async () => {
    await verifier.load()
    verifier.revoke(revocation())
    expect(await faultOf(await sign())).toBe('REVOKED')
    expect(await faultOf(await sign({ claims: { sid: 'ses_2' } }))).toBe('ACCEPTED')
  })
  it('of a user ends what was issued until then, and no later session', async () => {
    await verifier.load()
    const before = await sign()
    verifier.revoke(revocation({ sessionId: null }))
    clock.advance(1)
    expect(await faultOf(before)).toBe('REVOKED')
    expect(await faultOf(await sign({ claims: { sid: 'ses_2' } }))).toBe('ACCEPTED')
  })
  it('that happened before the service started is known from the list', async () => {
    revocations = [revocation()]
    expect(await faultOf(await sign())).toBe('REVOKED')
  })
  it('is forgotten when the tokens that it concerns have ended by themselves', async () => {
    verifier.revoke(revocation())
    expect(verifier.revocationCount).toBe(1)
    clock.advance(960_000)
    expect(verifier.revocationCount).toBe(0)
  })
  it('arrives by announcement, and ends what a token opened', async () => {
    const log = pino({ level: 'silent' })
    const transport = new MemoryTransport({ log })
    const end = await followRevocations(verifier, { transport, log })
    const verified = await verifier.verify(await sign())
    if (!verified.ok) throw new Error(verified.error)
    expect(verifier.stillCounts(verified.value)).toBe(true)
    await transport.publish([
      newEvent('session.revoked', revocation(), { source: 'enterprise', id: 'evt_1', time: clock.now() }),
    ])
    expect(verifier.stillCounts(verified.value)).toBe(false)
    await end()
    await transport.close()
  })
})

describe('the authorization header', () => {
  it.each([
    [{}, { kind: 'NONE' }],
    [{ authorization: 'Bearer a.b-c_d.e' }, { kind: 'BEARER', token: 'a.b-c_d.e' }],
    [{ Authorization: 'bearer a.b.c' }, { kind: 'BEARER', token: 'a.b.c' }],
    [{ authorization: 'Bearer' }, { kind: 'UNREADABLE' }],
    [{ authorization: '' }, { kind: 'UNREADABLE' }],
    [{ authorization: 'ApiKey opk_demo' }, { kind: 'UNREADABLE' }],
    [{ authorization: 'Bearer a b' }, { kind: 'UNREADABLE' }],
  ])('%j is read as %j', (headers, credentials) => {
    expect(bearerToken(headers)).toEqual(credentials)
  })
})
