import { guardPool } from '@opsource/bus'
import { poolConfig, prismaAdapter } from '@opsource/database'
import { type ClientBase, Pool } from 'pg'
import type { Logger } from 'pino'
import { PrismaClient } from './generated/prisma/client.ts'

/** Of each kind of reader: past the cores of one machine more of them only queue inside PostgreSQL. */
const READ_CONNECTIONS = 5
/** The relay of events keeps one, the projector needs one; pruning and the consumer of users take turns on the others. */
const WRITE_CONNECTIONS = 4

export type { PrismaClient } from './generated/prisma/client.ts'

/** A value that JSON carries exactly; `bigint` and `numeric` columns take whole numbers as text. */
export type Row = Readonly<Record<string, string | number | boolean | null>>

/** The domain's database: Prisma to read with, `pg` for what Prisma cannot say and for what is written in bulk. */
export interface Database {
  readonly prisma: PrismaClient
  /** For resolvers: however many ask, the projections never wait for them. */
  readonly reads: Pool
  /** For what runs behind the graph. */
  readonly pool: Pool
  close(): Promise<void>
}

export function openDatabase(databaseUrl: string, log: Logger): Database {
  const prisma = new PrismaClient({ adapter: prismaAdapter(databaseUrl, { max: READ_CONNECTIONS }) })
  const reads = new Pool(poolConfig(databaseUrl, { max: READ_CONNECTIONS }))
  const pool = new Pool(poolConfig(databaseUrl, { max: WRITE_CONNECTIONS }))
  for (const each of [reads, pool]) guardPool(each, log)
  return {
    prisma,
    reads,
    pool,
    close: async () => {
      await prisma.$disconnect()
      await reads.end()
      await pool.end()
    },
  }
}

/** Runs `work` in one transaction on one connection. */
export async function inTransaction<T>(pool: Pool, work: (client: ClientBase) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let fault: Error | undefined
  // The pool hears of idle connections only: one that breaks in use would end the process, where its statement fails anyway.
  const broken = (error: Error) => {
    fault = error
  }
  client.on('error', broken)
  try {
    await client.query('BEGIN')
    const result = await work(client)
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK').catch((reason: Error) => {
      fault = reason
    })
    throw error
  } finally {
    if (!fault) client.off('error', broken)
    client.release(fault)
  }
}

/**
 * Runs a statement over many rows at once: `$1` is the rows as JSON, for `json_to_recordset`.
 * @throws if it did not touch each row exactly once, such as where a row names an account that is not there.
 */
export async function writeRows(client: ClientBase, name: string, text: string, rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return
  const { rowCount } = await client.query({ name, text, values: [JSON.stringify(rows)] })
  if (rowCount !== rows.length) throw new Error(`${name}: ${rowCount} of ${rows.length} rows written`)
}

/**
 * Runs a statement over many rows at once, given as columns: see `columns.ts`.
 * @throws if it did not touch each row exactly once.
 */
export async function writeColumns(
  client: ClientBase,
  name: string,
  text: string,
  rows: readonly unknown[],
  columns: () => Buffer[],
): Promise<void> {
  if (rows.length === 0) return
  const { rowCount } = await client.query({ name, text, values: columns() })
  if (rowCount !== rows.length) throw new Error(`${name}: ${rowCount} of ${rows.length} rows written`)
}
