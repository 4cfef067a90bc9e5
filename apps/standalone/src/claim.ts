import { setTimeout as sleep } from 'node:timers/promises'
import { poolConfig } from '@opsource/database'
import { Client } from 'pg'
import { Refusal } from './refusal.ts'

/** A killed predecessor's session ends as soon as its server notices that the connection is gone. */
const CLAIM_LIMIT_MS = 5_000
const POLL_MS = 100

/** A claim on a database: one platform at a time works on it. */
export interface Claim {
  release(): Promise<void>
}

/** @throws Refusal where another process holds the claim. */
export async function claimDatabase(adminUrl: string): Promise<Claim> {
  const client = new Client(poolConfig(adminUrl))
  await client.connect()
  // A lost connection shows wherever the database is really used.
  client.on('error', () => {})
  for (let waited = 0; ; waited += POLL_MS) {
    const { rows } = await client.query<{ taken: boolean }>(
      `SELECT pg_try_advisory_lock(hashtext('opsource')) AS taken`,
    )
    if (rows[0]?.taken) return { release: () => client.end() }
    if (waited >= CLAIM_LIMIT_MS) {
      await client.end()
      throw new Refusal('OPSource already runs on this data: stop it first, or name another folder by OPSOURCE_DATA.')
    }
    await sleep(POLL_MS)
  }
}
