import { prismaAdapter } from '@opsource/database'
import { type Prisma, PrismaClient } from './generated/prisma/client.ts'

export type Database = PrismaClient
/** The client, or one transaction of it. */
export type Transaction = Prisma.TransactionClient

/** One tick writes at a time; the rest is for readers. */
const MAX_CONNECTIONS = 6
/** A tick that waits longer than its successor's turn is worth nothing. */
const TRANSACTION = { maxWait: 2_000, timeout: 5_000 }

export function openDatabase(url: string): Database {
  return new PrismaClient({ adapter: prismaAdapter(url, { max: MAX_CONNECTIONS }), transactionOptions: TRANSACTION })
}
