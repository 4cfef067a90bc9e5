import { createHmac } from 'node:crypto'
import type { Issuer } from '../issuer.ts'
import type { Pick } from '../random-operation.ts'
import { type Attack, operation, times } from './attack.ts'

const REFUSED = { status: 401, code: 'UNAUTHENTICATED' } as const

/** Credentials that look like ours. Each asks for something public: a token that does not hold is refused whatever is asked. */
export function tokenAttacks(issuer: Issuer, pick: Pick): Attack[] {
  return times(260, () => {
    const [name, authorization] = credentials(issuer, pick)
    return operation(`a token ${name}`, '{ markets { symbol } }', REFUSED, { headers: { authorization } })
  })
}

function credentials(issuer: Issuer, pick: Pick): [string, string] {
  const kinds = [none, confused, foreign, oddKey, oddClaims, cut, scheme]
  return (kinds[pick(kinds.length)] ?? none)(issuer, pick)
}

function none(issuer: Issuer, pick: Pick): [string, string] {
  const alg = ['none', 'None', 'NONE', 'nOnE', '', null, 'RS256 '][pick(7)] ?? null
  const signature = ['', 'AAAA', issuer.token().split('.')[2]][pick(3)] ?? ''
  return [`of the algorithm ${alg}`, `Bearer ${encode({ alg, typ: 'at+jwt' })}.${encode(issuer.claims())}.${signature}`]
}

/** The public key taken for a shared secret. */
function confused(issuer: Issuer, pick: Pick): [string, string] {
  const alg = ['HS256', 'HS384', 'HS512'][pick(3)] ?? 'HS256'
  const secret = [issuer.publicPem(), issuer.publicPem().trim(), issuer.jwks(), '', 'secret'][pick(5)] ?? ''
  const signed = `${encode({ alg, typ: 'at+jwt', kid: issuer.keyId })}.${encode(issuer.claims())}`
  return [
    `signed ${alg} with what is public`,
    `Bearer ${signed}.${createHmac(`sha${alg.slice(2)}`, secret)
      .update(signed)
      .digest('base64url')}`,
  ]
}

/** Signed by another, who says in the header where to find the key. */
function foreign(issuer: Issuer, pick: Pick): [string, string] {
  const stranger = issuer.stranger
  const header = [
    {},
    { jwk: JSON.parse(stranger.jwks()).keys[0] },
    { jku: 'http://127.0.0.1:1/jwks.json' },
    { x5u: 'http://127.0.0.1:1/cert.pem' },
    { x5c: ['MIIB'] },
    { kid: stranger.keyId },
  ][pick(6)]
  return [
    'signed by a stranger',
    `Bearer ${stranger.signed({ alg: 'RS256', typ: 'at+jwt', kid: issuer.keyId, ...header }, issuer.claims())}`,
  ]
}

/** Well signed, with a key id or header that asks for more than a look-up. */
function oddKey(issuer: Issuer, pick: Pick): [string, string] {
  const stranger = issuer.stranger
  const kids = [
    '../../etc/passwd',
    "' or 1=1 --",
    '/dev/null',
    '',
    '__proto__',
    'constructor',
    'x'.repeat(pick(4_000)),
    null,
    7,
    ['a'],
    { a: 1 },
  ]
  const kid = kids[pick(kids.length)]
  const headers = [
    { alg: 'RS256', typ: 'at+jwt', kid },
    { alg: 'RS256', typ: 'at+jwt', kid: issuer.keyId, crit: ['exp'] },
    { alg: 'RS256', typ: 'at+jwt', kid: issuer.keyId, b64: false, crit: ['b64'] },
    { alg: ['RS384', 'PS256', 'ES256', 'EdDSA'][pick(4)], typ: 'at+jwt', kid: issuer.keyId },
    { alg: 'RS256', typ: ['JWT', 'jwt', 'id+jwt', 'at+jwt2', '', null, undefined][pick(7)], kid: issuer.keyId },
  ]
  const header = headers[pick(headers.length)] ?? {}
  const signer = header === headers[0] ? stranger : issuer
  return ['of an odd header', `Bearer ${signer.signed(header, issuer.claims())}`]
}

/** Well signed, for another or another time. */
function oddClaims(issuer: Issuer, pick: Pick): [string, string] {
  const claims = issuer.claims()
  const now = claims.iat
  const changes = [
    { aud: 'elsewhere' },
    { aud: ['elsewhere', 'more'] },
    { aud: undefined },
    { iss: 'elsewhere' },
    { iss: undefined },
    { exp: now - 60 - pick(10_000) },
    { exp: undefined },
    { exp: 'never' },
    { iat: now - 7_200, exp: now + 60 },
    { iat: now + 600 + pick(10_000) },
    { iat: undefined },
    { nbf: now + 600 },
    { sub: undefined },
    { sub: '' },
    { sid: undefined },
    { roles: 'ADMIN' },
    { roles: ['GOD'] },
    { scope: ['users:admin'] },
  ]
  const change = changes[pick(changes.length)]
  return [
    `with ${JSON.stringify(change)}`,
    `Bearer ${issuer.signed({ alg: 'RS256', typ: 'at+jwt', kid: issuer.keyId }, { ...claims, ...change })}`,
  ]
}

function cut(issuer: Issuer, pick: Pick): [string, string] {
  const token = issuer.token()
  const [header = '', payload = '', signature = ''] = token.split('.')
  const at = 1 + pick(token.length - 2)
  const raised = { ...issuer.claims(), scope: 'users:admin', roles: ['ADMIN'] }
  const pieces = [
    token.slice(0, at),
    `${token}.`,
    `${token}.${signature}`,
    `${header}.${encode(raised)}.${signature}`,
    `${header}.${payload}.`,
    `${header}..${signature}`,
    `.${payload}.${signature}`,
    '..',
    `${header}.${payload}.${signature.slice(0, -8)}AAAAAAAA`,
    'x'.repeat(9_000),
  ]
  return ['that is cut or changed', `Bearer ${pieces[pick(pieces.length)]}`]
}

function scheme(issuer: Issuer, pick: Pick): [string, string] {
  const token = issuer.token()
  const headers = [
    `Basic ${token}`,
    token,
    `Bearer`,
    `Bearer ${token} ${token}`,
    `Bearer ${token}, Bearer ${token}`,
    `Token ${token}`,
    `Bearer="${token}"`,
    `BearerX ${token}`,
  ]
  return ['in the wrong scheme', headers[pick(headers.length)] ?? token]
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
