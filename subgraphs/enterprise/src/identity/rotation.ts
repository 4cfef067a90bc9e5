import type { Random } from '@opsource/kernel'
import type { Transaction } from '../database.ts'
import { judgeRefresh, newSuccessorSeed, type RefreshVerdict, successorOf } from './refresh-token.ts'
import { type HeldRefreshToken, insertRefreshToken, refreshTokenOf, spendRefreshToken } from './session-store.ts'

/** Of one session within the grace time; a client that refreshes more often is not a browser with tabs. */
const MAX_ROTATIONS_IN_GRACE = 32

/** Judges a presented token, whose session is locked, and spends it where it works. `successor` is null where none follows. */
export async function rotate(
  tx: Transaction,
  token: string,
  held: HeldRefreshToken,
  { userDisabled, now, random }: { userDisabled: boolean; now: number; random: Random },
): Promise<{ verdict: RefreshVerdict; successor: string | null }> {
  const { session, expiresAt, spentAt, successorSeed } = held
  const state = {
    sessionEndedAt: session.endedAt?.getTime() ?? null,
    sessionExpiresAt: session.expiresAt.getTime(),
    tokenExpiresAt: expiresAt.getTime(),
    spentAt: spentAt?.getTime() ?? null,
    userDisabled,
  }
  const verdict = judgeRefresh(state, now)
  if (verdict === 'REPEAT') return { verdict, successor: await newest(tx, token, successorSeed) }
  if (verdict !== 'ROTATE') return { verdict, successor: null }
  const seed = newSuccessorSeed(random)
  const successor = successorOf(token, seed)
  await spendRefreshToken(tx, token, seed, now)
  await insertRefreshToken(tx, held.sessionId, successor, now)
  return { verdict, successor }
}

/** The one of the token's successors that is not spent: a tab must not be left with one that another has used meanwhile. */
async function newest(tx: Transaction, spent: string, spentSeed: Uint8Array | null): Promise<string | null> {
  let [token, seed] = [spent, spentSeed]
  for (let step = 0; step < MAX_ROTATIONS_IN_GRACE && seed !== null; step++) {
    token = successorOf(token, seed)
    seed = (await refreshTokenOf(tx, token))?.successorSeed ?? null
  }
  return seed === null ? token : null
}
