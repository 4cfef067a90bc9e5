import { seededRandom } from '@opsource/kernel'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  hashSecret,
  judgeRefresh,
  newRefreshToken,
  newSuccessorSeed,
  REFRESH_GRACE_MS,
  type RefreshState,
  successorOf,
} from './refresh-token.ts'

const NOW = 1_700_000_000_000
const fresh: RefreshState = {
  sessionEndedAt: null,
  sessionExpiresAt: NOW + 1,
  tokenExpiresAt: NOW + 1,
  spentAt: null,
  userDisabled: false,
}

describe('a refresh token', () => {
  it('works once', () => {
    expect(judgeRefresh(fresh, NOW)).toBe('ROTATE')
  })

  it('gives the same successor to whoever comes second within the grace time', () => {
    expect(judgeRefresh({ ...fresh, spentAt: NOW }, NOW)).toBe('REPEAT')
    expect(judgeRefresh({ ...fresh, spentAt: NOW - REFRESH_GRACE_MS }, NOW)).toBe('REPEAT')
  })

  it('is theft when used again after the grace time', () => {
    expect(judgeRefresh({ ...fresh, spentAt: NOW - REFRESH_GRACE_MS - 1 }, NOW)).toBe('REUSED')
  })

  it.each([
    ['its session has ended', { sessionEndedAt: NOW - 1 }],
    ['its session is too old', { sessionExpiresAt: NOW }],
    ['it has lain unused too long', { tokenExpiresAt: NOW }],
    ['its user is disabled', { userDisabled: true }],
  ])('is worth nothing when %s, spent or not', (_why, change) => {
    expect(judgeRefresh({ ...fresh, ...change }, NOW)).toBe('ENDED')
    expect(judgeRefresh({ ...fresh, ...change, spentAt: NOW }, NOW)).toBe('ENDED')
  })

  it('never rotates twice, whatever the times', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer(),
        fc.integer(),
        fc.nat(),
        (spentAt, sessionExpiresAt, tokenExpiresAt, now) => {
          expect(judgeRefresh({ ...fresh, spentAt, sessionExpiresAt, tokenExpiresAt }, now)).not.toBe('ROTATE')
        },
      ),
    )
  })

  it('has one successor for a seed, and another for another token or seed', () => {
    const random = seededRandom(1)
    const [token, seed] = [newRefreshToken(random), newSuccessorSeed(random)]
    expect(successorOf(token, seed)).toBe(successorOf(token, seed))
    expect(successorOf(newRefreshToken(random), seed)).not.toBe(successorOf(token, seed))
    expect(successorOf(token, newSuccessorSeed(random))).not.toBe(successorOf(token, seed))
    expect(successorOf(hashSecret(token), seed)).not.toBe(successorOf(token, seed))
  })
})
