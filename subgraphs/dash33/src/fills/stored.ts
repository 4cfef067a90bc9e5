import type { Clock } from '@opsource/kernel'
import type { Pool } from 'pg'
import { PROGRAM_TRADE_RETENTION_MS } from '../trades/retention.ts'
import type { StoredFills } from './log.ts'
import { findFillsAfter, findOldestKept } from './store.ts'

/** What is deleted while it is read must not count as stored. */
const MARGIN_MS = 10 * 60_000

/** The fills of the projections. */
export function storedFills(pool: Pool, reached: StoredFills['reached'], clock: Clock): StoredFills {
  return {
    reached,
    after: (accountId, place, throughSequence, limit) => findFillsAfter(pool, accountId, place, throughSequence, limit),
    isPruned: async (accountId, [sequence]) => {
      const keptSince = clock.now() - PROGRAM_TRADE_RETENTION_MS + MARGIN_MS
      const oldest = await findOldestKept(pool, accountId, keptSince)
      return oldest !== null && sequence < oldest
    },
  }
}
