import { guardPool } from '@opsource/bus'
import { poolConfig, prismaAdapter } from '@opsource/database'
import { Pool } from 'pg'
import type { Logger } from 'pino'
import { PrismaClient } from './generated/prisma/client.ts'

/** Of each kind of reader: past the cores of one machine more of them only queue inside PostgreSQL. */
const READ_CONNECTIONS = 5
/** The relay of events keeps one, the projector needs one; pruning and the consumer of users take turns on the others. */
const WRITE_CONNECTIONS = 4

export type { PrismaClient } from './generated/prisma/client.ts'
export { inTransaction, type Row, writeColumns, writeRows } from './transactions.ts'

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
