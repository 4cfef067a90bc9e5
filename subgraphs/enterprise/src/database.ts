import { prismaAdapter } from '@opsource/database'
import { type Prisma, PrismaClient } from './generated/prisma/client.ts'

export type Database = PrismaClient
/** The client, or one transaction of it. */
export type Transaction = Prisma.TransactionClient

/** A hundred tabs that refresh at once queue for the pool's connections: they may wait, but not for ever. */
const TRANSACTION = { maxWait: 10_000, timeout: 10_000 }

export function openDatabase(url: string): Database {
  return new PrismaClient({ adapter: prismaAdapter(url), transactionOptions: TRANSACTION })
}
