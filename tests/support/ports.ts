import { MemoryTransport } from '@opsource/bus'
import { MemoryCache } from '@opsource/cache'
import { type Role, type Scope, scopesOf, TokenVerifier } from '@opsource/identity'
import { type Clock, IdSource, seededRandom, systemClock } from '@opsource/kernel'
import type { Ports } from '@opsource/subgraph'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { pino } from 'pino'
import { Registry } from 'prom-client'

export interface TestPorts extends Ports {
  /** Signs an access token that the ports' verifier accepts. */
  token(claims: {
    userId?: string
    sessionId?: string
    roles?: readonly Role[]
    scopes?: readonly Scope[]
  }): Promise<string>
}

const key = await generateKeyPair('RS256', { extractable: true })
const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(key.publicKey)), kid: 'test', alg: 'RS256', use: 'sig' }] })
const log = pino({ level: 'silent' })

/** The memory ports with a signer of tokens. `databaseUrl` is empty unless given. */
export function testPorts(given: { databaseUrl?: string; clock?: Clock; seed?: number } = {}): TestPorts {
  const clock = given.clock ?? systemClock
  const random = seededRandom(given.seed ?? 1)
  const verifier = new TokenVerifier({
    keys: async () => jwks,
    revocations: async () => JSON.stringify({ revocations: [] }),
    clock,
  })
  return {
    databaseUrl: given.databaseUrl ?? '',
    cache: new MemoryCache({ clock, log }),
    transport: new MemoryTransport({ log }),
    verifier,
    clock,
    random,
    ids: new IdSource(clock, random),
    log,
    metrics: new Registry(),
    token: ({ userId = 'usr_test', sessionId = 'ses_test', roles = ['ADMIN', 'OPERATOR', 'TRADER'], scopes }) => {
      const scope = [...(scopes ?? scopesOf(roles))].join(' ')
      const iat = clock.now() / 1000
      return new SignJWT({ sid: sessionId, roles, scope, iat, exp: iat + 900 })
        .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: 'test' })
        .setIssuer('opsource')
        .setAudience('opsource')
        .setSubject(userId)
        .sign(key.privateKey)
    },
  }
}
