import { poolConfig } from '@opsource/database'
import { Client } from 'pg'

/** Who else has an engine on the same server, as other tests do, keeps it. */
const END = `SELECT pg_terminate_backend(pid) FROM pg_locks
  WHERE locktype = 'advisory' AND classid = ${0x64617368} AND objid = 33 AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`

/** Ends the session that holds the lock of a database's engine, as a lost network would. */
export async function endLeadingSession(databaseUrl: string): Promise<void> {
  const admin = new Client(poolConfig(databaseUrl))
  await admin.connect()
  await admin.query(END)
  await admin.end()
}
