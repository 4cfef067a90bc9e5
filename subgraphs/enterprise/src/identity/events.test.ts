import { KeyObject } from 'node:crypto'
import { TokenVerifier } from '@opsource/identity'
import { ManualClock } from '@opsource/kernel'
import { exportJWK, generateKeyPair } from 'jose'
import { expect, test } from 'vitest'
import { ACCESS_TOKEN_LIFE_MS, signAccessToken } from './access-token.ts'
import { revocationAt, sessionRevoked } from './events.ts'

const NOW = Date.parse('2026-08-01T12:00:00.900Z')

test('a revoked token never counts again, also while a verifier forgives the clocks their difference', async () => {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
  const clock = new ManualClock(NOW)
  const verifier = new TokenVerifier({
    keys: async () =>
      JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'a', alg: 'RS256', use: 'sig' }] }),
    revocations: async () => JSON.stringify({ revocations: [] }),
    clock,
  })
  const holder = { userId: 'usr_1', sessionId: 'ses_1', roles: ['TRADER'] as const }
  const { token } = signAccessToken({ kid: 'a', privateKey: KeyObject.from(privateKey) }, holder, NOW)
  expect((await verifier.verify(token)).ok).toBe(true)
  verifier.revoke(sessionRevoked(revocationAt('usr_1', 'ses_1', NOW)))
  clock.advance(ACCESS_TOKEN_LIFE_MS - 1_000)
  for (let second = 0; second < 20; second++) {
    clock.advance(1_000)
    // Counting them is what makes a verifier forget those that are over.
    if (second === 4) expect(verifier.revocationCount).toBeLessThanOrEqual(1)
    expect((await verifier.verify(token)).ok).toBe(false)
  }
})
