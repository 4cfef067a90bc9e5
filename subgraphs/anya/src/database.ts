import { Socket } from 'node:net'
import { type PoolLimits, prismaAdapter } from '@opsource/database'
import { type Prisma, PrismaClient } from './generated/prisma/client.ts'

export type Database = PrismaClient
/** The client, or one transaction of it. */
export type Transaction = Prisma.TransactionClient

/** One tick writes at a time; the rest is for readers. */
const MAX_CONNECTIONS = 6
/** A tick that waits longer than its successor's turn is worth nothing. */
const TRANSACTION = { maxWait: 2_000, timeout: 5_000 }

/** For a connection, and for a turn at one of the few: a machine that is busy with its own start is slow. */
const CONNECT_TIMEOUT_MS = 30_000
/** Nothing of ours takes longer than some seconds; what waits for a lock that long waits in vain. */
const STATEMENT_TIMEOUT_MS = 60_000
/** The server's own limit comes first where there is a server. */
const ANSWER_TIMEOUT_MS = 65_000

/** The connections of one running analyst to its database, which can be cut where the server has gone and says nothing. */
export class DatabaseConnections {
  readonly #sockets = new Set<Socket>()
  #isCut = false

  /** Of whatever opens connections. */
  readonly limits: PoolLimits = {
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    answerTimeoutMs: ANSWER_TIMEOUT_MS,
    stream: () => this.#socket(),
  }

  /** Whoever waits for an answer is refused at once, and so is whoever asks from now on. */
  cut(): void {
    this.#isCut = true
    for (const socket of this.#sockets) socket.destroy(new Error('the database connection was cut'))
  }

  #socket(): Socket {
    const socket = new Socket()
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    // Whoever asked for it listens from the next turn on.
    if (this.#isCut) setImmediate(() => socket.destroy(new Error('the database connection was cut')))
    return socket
  }
}

export function openDatabase(url: string, limits: PoolLimits = {}): Database {
  const adapter = prismaAdapter(url, { max: MAX_CONNECTIONS, ...limits })
  return new PrismaClient({ adapter, transactionOptions: TRANSACTION })
}
