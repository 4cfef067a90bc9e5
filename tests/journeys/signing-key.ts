import { Client } from 'pg'
import { z } from 'zod'

const rowSchema = z.object({ kid: z.string(), private_key: z.string() })

/** @returns the key that signs access tokens, read from the database by its administrator: to forge what time alone would make. */
export async function signingKeyOf(adminUrl: string): Promise<{ kid: string; privateKey: string }> {
  const client = new Client(adminUrl)
  await client.connect()
  try {
    const { rows } = await client.query('SELECT kid, private_key FROM enterprise.signing_key WHERE retired_at IS NULL')
    const { kid, private_key } = rowSchema.parse(rows[0])
    return { kid, privateKey: private_key }
  } finally {
    await client.end()
  }
}
