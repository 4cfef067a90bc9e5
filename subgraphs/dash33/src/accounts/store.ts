import type { ClientBase, Pool } from 'pg'
import { type Row, writeRows } from '../database.ts'

/** One submission's worth; the next round takes the rest. */
export const MAX_UNOPENED = 500

const UPSERT_HOLDERS = `
  INSERT INTO holder (user_id, kind)
  SELECT user_id, kind FROM json_to_recordset($1) AS r (user_id text, kind holder_kind)
  ON CONFLICT (user_id) DO UPDATE SET kind = excluded.kind`

const FIND_UNOPENED = `
  SELECT user_id FROM holder h WHERE NOT EXISTS (SELECT FROM account a WHERE a.user_id = h.user_id) LIMIT ${MAX_UNOPENED}`

/** Remembers users, each named once, and what they are. */
export async function writeHolders(client: ClientBase, holders: readonly Row[]): Promise<void> {
  await writeRows(client, 'upsert holders', UPSERT_HOLDERS, holders)
}

/** @returns users without an account that the projections know of. */
export async function findUnopened(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ user_id: string }>(FIND_UNOPENED)
  return rows.map((row) => row.user_id)
}
