import type { Clock, IdSource } from '@opsource/kernel'
import { appendAudit } from '../audit/index.ts'
import type { Database } from '../database.ts'
import { pruneApiKeys } from './api-key-store.ts'
import { pruneSessions } from './session-store.ts'
import type { SigningKeys } from './signing-keys.ts'
import { pruneFailures } from './throttle-store.ts'

/** Lets go of what can no longer change an answer. A block on log-ins that ran out unnoticed is put on the audit log. */
export async function pruneIdentity(database: Database, keys: SigningKeys, clock: Clock, ids: IdSource): Promise<void> {
  const now = clock.now()
  await pruneSessions(database, now)
  await pruneApiKeys(database, now)
  await keys.prune()
  await database.$transaction(async (tx) => {
    for (const email of await pruneFailures(tx, now)) {
      await appendAudit(tx, ids, { actorId: null, action: 'login.block_ended', subject: email, at: now })
    }
  })
}
