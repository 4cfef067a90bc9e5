import { prismaAdapter } from '@opsource/database'
import { type Prisma, PrismaClient } from './generated/prisma/client.ts'

export type Database = PrismaClient
/** The client, or one transaction of it. */
export type Transaction = Prisma.TransactionClient

export function openDatabase(url: string): Database {
  return new PrismaClient({ adapter: prismaAdapter(url) })
}
